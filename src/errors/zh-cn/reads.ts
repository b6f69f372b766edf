/** Reading: filters, search, cursors. */
export const READS: Readonly<Record<string, string>> = {
  'The database cannot be reached. Try again shortly.': '无法连接数据库。请稍后重试。',
  'The statement took too long and was stopped.': '语句执行时间过长，已被终止。',
  'The database was lost while the change was committed, so it may have been made or not. Read before you send it again, unless it has an Idempotency-Key.':
    '提交更改时与数据库的连接中断，更改可能已经生效，也可能没有。除非使用了 Idempotency-Key，否则请先读取，再重新发送。',
  'The cursor is not one of this list. Take cursors from an answer of the same connection with the same order.':
    '该游标不属于此列表。请使用同一列表以相同排序返回的游标。',
  'The cursor does not fit the order of this list.': '该游标与此列表的排序不符。',
  'Text must not contain the character U+0000.': '文本不得包含字符 U+0000。',
  'null is no value to compare with; use isNull.': 'null 不能用于比较；请使用 isNull。',
  'A decimal may have at most 1,000 characters; this one has {0}.': '小数最多可有 1,000 个字符；当前为 {0} 个。',
  '"{0}" is not an IANA time zone such as "Asia/Shanghai".': '“{0}”不是 IANA 时区，例如 "Asia/Shanghai"。',
  'A list of values is needed; null is none. An empty list matches nothing.': '须为值的列表，不能为 null。空列表不匹配任何记录。',
  'A search text may have {0} characters; this one has {1}.': '搜索文本最多可有 {0} 个字符；当前为 {1} 个。',
  'A search may have {0} words; this one has {1}.': '搜索最多可有 {0} 个词；当前为 {1} 个。',
  'A {0} cannot be found by {1} now: its unique index is still being built, or could not be. Try again shortly, or name the record by its id.':
    '目前不能按 {1} 查找 {0}：其唯一索引仍在建立，或未能建立。请稍后重试，或用 id 指明记录。',
}
