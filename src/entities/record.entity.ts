import { Field, ID, Int, ObjectType } from 'type-graphql'
import { Column, PrimaryColumn } from 'typeorm'

/**
 * Columns that every module's table has. `scope_id` (generated: owner, or team where there is no owner) is left out: it is
 * read by the access compiler alone. The registry declares the matching system fields.
 */
@ObjectType({ simpleResolvers: true })
export class RecordEntity {
  @Field(() => ID)
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  /** Starts at 1 and grows with each write. */
  @Field(() => Int)
  @Column({ type: 'int', default: 1 })
  version!: number

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date

  @Column({ name: 'created_by', type: 'uuid', nullable: true })
  createdBy!: string | null

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date

  @Column({ name: 'updated_by', type: 'uuid', nullable: true })
  updatedBy!: string | null

  /** Set while the record is in the recycle bin. */
  @Column({ name: 'deleted_at', type: 'timestamptz', precision: 3, nullable: true })
  deletedAt!: Date | null

  @Column({ name: 'owner_id', type: 'uuid', nullable: true })
  owner!: string | null

  @Column({ name: 'team_id', type: 'uuid', nullable: true })
  team!: string | null

  /** Ids of tag records. */
  @Column({ type: 'uuid', array: true, default: '{}' })
  tags!: string[]

  /** Where the record came from: a channel or the system that it was imported from. */
  @Column({ type: 'text', nullable: true })
  source!: string | null

  /** Change set of the last write. */
  @Column({ name: 'change_set_id', type: 'uuid', nullable: true })
  changeSetId!: string | null
}
