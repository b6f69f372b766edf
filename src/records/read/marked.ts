import type { ConnectionMember, ConnectionSelection, EdgeMember, ReadRequest, RecordSelection, SelectedField } from './request.ts'

/** The request with the id of each record as its first member, under a name that no response key can be. What it does not select as records (aggregates, group keys) stays as it is. */
export function markedRequest(request: ReadRequest, mark: string): ReadRequest {
  if (request.kind === 'aggregate') return request
  if (request.kind === 'list') return { ...request, connection: markedConnection(request.connection, mark) }
  return { ...request, selection: markedRecord(request.selection, mark) }
}

function markedRecord({ module, fields }: RecordSelection, mark: string): RecordSelection {
  const below = (selected: SelectedField): SelectedField => {
    if (selected.kind === 'one') return { ...selected, selection: markedRecord(selected.selection, mark) }
    return selected.kind === 'many' ? { ...selected, connection: markedConnection(selected.connection, mark) } : selected
  }
  return { module, fields: [{ kind: 'raw', key: mark, column: 'id' }, ...fields.map(below)] }
}

function markedConnection({ members }: ConnectionSelection, mark: string): ConnectionSelection {
  const edge = (member: EdgeMember): EdgeMember => (member.kind === 'node' ? { ...member, selection: markedRecord(member.selection, mark) } : member)
  return {
    members: members.map((member): ConnectionMember => {
      if (member.kind === 'nodes') return { ...member, selection: markedRecord(member.selection, mark) }
      return member.kind === 'edges' ? { ...member, members: member.members.map(edge) } : member
    }),
  }
}
