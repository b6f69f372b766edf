import { SchemaMigration } from './migration.ts'
import { SIMPLIFIED, TRADITIONAL } from './traditional-characters.ts'

const SIMPLIFIED_BY_TRADITIONAL = JSON.stringify(Object.fromEntries(Array.from(TRADITIONAL, (letter, index) => [letter, SIMPLIFIED[index]])))

/**
 * Functions that fold, split and print text. They are PL/pgSQL, which was measured faster here than SQL functions that the
 * planner does not inline, and name each other with their schema, so that they work under any search_path.
 */
export class Functions0000000000001 extends SchemaMigration {
  readonly number = 1
  readonly name = 'Functions0000000000001'
  readonly breaking = true
  protected readonly statements = [
    `CREATE TABLE public.schema_version (
      number integer PRIMARY KEY,
      name text NOT NULL,
      breaking boolean NOT NULL,
      applied_at timestamptz(3) NOT NULL
    )`,

    // Text without case and width, for comparison. Plain ASCII, the common case, needs no normalisation.
    `CREATE FUNCTION public.guanxi_fold(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $function$
    BEGIN
      IF octet_length(value) = char_length(value) THEN RETURN lower(value); END IF;
      RETURN lower(normalize(value, NFKC));
    END $function$`,

    // The same, and traditional Chinese characters as simplified ones. A lookup for each character is 19 times faster than
    // translate(), which walks through the whole table for each; the pattern spares texts without such characters.
    `CREATE FUNCTION public.guanxi_search_fold(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $function$
    DECLARE
      folded text;
      letter text;
      simplified text := '';
    BEGIN
      IF octet_length(value) = char_length(value) THEN RETURN lower(value); END IF;
      folded := public.guanxi_fold(value);
      IF folded !~ '[${TRADITIONAL}]' THEN RETURN folded; END IF;
      FOREACH letter IN ARRAY string_to_array(folded, NULL) LOOP
        simplified := simplified || coalesce('${SIMPLIFIED_BY_TRADITIONAL}'::jsonb ->> letter, letter);
      END LOOP;
      RETURN simplified;
    END $function$`,

    // All pairs of neighbouring characters that are no white space. A text of one character has none.
    `CREATE FUNCTION public.guanxi_bigrams(value text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $function$
    DECLARE
      letters text[] := string_to_array(value, NULL);
      bigrams text[] := '{}';
    BEGIN
      FOR i IN 1 .. coalesce(cardinality(letters), 0) - 1 LOOP
        IF ascii(letters[i]) > 32 AND ascii(letters[i + 1]) > 32 THEN
          bigrams := array_append(bigrams, letters[i] || letters[i + 1]);
        END IF;
      END LOOP;
      RETURN bigrams;
    END $function$`,

    // RFC 3339 in UTC with milliseconds, whatever the session's time zone and DateStyle.
    `CREATE FUNCTION public.guanxi_time(value timestamptz) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $function$
    BEGIN
      RETURN to_char(value AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
    END $function$`,
  ]
}
