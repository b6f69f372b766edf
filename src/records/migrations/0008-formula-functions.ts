import { SchemaMigration } from './migration.ts'

const DAYS = 3_652_058
const MONTHS = '12 AND 119999'

/** A function of formulas: immutable, null where an argument is null, and never an error whatever the arguments. */
const formulaFunction = (signature: string, result: string, body: string) =>
  `CREATE FUNCTION public.${signature} RETURNS ${result} LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $function$ ${body} $function$`

/** What formulas compute that PostgreSQL has no immutable and faultless function for. Dates stay within the years 1 to 9999 of the API. */
export class FormulaFunctions0000000000008 extends SchemaMigration {
  readonly number = 8
  readonly name = 'FormulaFunctions0000000000008'
  readonly breaking = true
  protected readonly statements = [
    formulaFunction('guanxi_date_text(value date)', 'text', `BEGIN RETURN to_char(value, 'YYYY-MM-DD'); END`),

    // A whole number between two bounds. NaN, which is above every number, becomes the upper one.
    formulaFunction(
      'guanxi_integer(value numeric, low integer, high integer)',
      'integer',
      'BEGIN RETURN least(greatest(trunc(value), low), high)::integer; END',
    ),

    // The number that a text writes in plain digits, of any width; null where it is none or one of 1e30 and more.
    formulaFunction(
      'guanxi_number(value text)',
      'numeric',
      `DECLARE
        plain text;
        result numeric;
      BEGIN
        IF char_length(value) > 100 THEN RETURN NULL; END IF;
        plain := btrim(public.guanxi_fold(value), E' \\t\\n\\r');
        IF plain !~ '^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' THEN RETURN NULL; END IF;
        result := round(plain::numeric, 20);
        RETURN CASE WHEN abs(result) < 1e30 THEN result END;
      END`,
    ),

    formulaFunction(
      'guanxi_add_days(value date, days numeric)',
      'date',
      `DECLARE
        days_since numeric;
      BEGIN
        IF NOT isfinite(value) THEN RETURN NULL; END IF;
        days_since := (value - make_date(1, 1, 1)) + trunc(days);
        RETURN CASE WHEN days_since BETWEEN 0 AND ${DAYS} THEN make_date(1, 1, 1) + days_since::integer END;
      END`,
    ),

    // Fractions of days count, to the millisecond.
    formulaFunction(
      'guanxi_add_days(value timestamptz, days numeric)',
      'timestamptz',
      `DECLARE
        start timestamp := make_timestamp(1, 1, 1, 0, 0, 0);
        milliseconds numeric;
      BEGIN
        IF NOT isfinite(value) THEN RETURN NULL; END IF;
        milliseconds := round(extract(epoch FROM (value AT TIME ZONE 'UTC') - start) * 1000 + days * 86400000);
        IF milliseconds < 0 OR milliseconds >= ${(DAYS + 1) * 86_400_000} THEN RETURN NULL; END IF;
        RETURN (start + make_interval(
          days => div(milliseconds, 86400000)::integer,
          secs => (mod(milliseconds, 86400000) / 1000)::double precision
        )) AT TIME ZONE 'UTC';
      END`,
    ),

    formulaFunction(
      'guanxi_add_months(value date, months numeric)',
      'date',
      `BEGIN
        IF NOT isfinite(value) OR NOT extract(year FROM value) * 12 + extract(month FROM value) - 1 + trunc(months) BETWEEN ${MONTHS} THEN RETURN NULL; END IF;
        RETURN (value + make_interval(months => trunc(months)::integer))::date;
      END`,
    ),
    formulaFunction(
      'guanxi_add_months(value timestamptz, months numeric)',
      'timestamptz',
      `DECLARE
        moment timestamp := value AT TIME ZONE 'UTC';
      BEGIN
        IF NOT isfinite(value) OR NOT extract(year FROM moment) * 12 + extract(month FROM moment) - 1 + trunc(months) BETWEEN ${MONTHS} THEN RETURN NULL; END IF;
        RETURN (moment + make_interval(months => trunc(months)::integer)) AT TIME ZONE 'UTC';
      END`,
    ),
  ]
}
