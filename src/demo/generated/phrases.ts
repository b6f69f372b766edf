/** Texts of the generated records, English and Chinese mixed as in a company that works in both. None quotes anybody. */

export const LEAD_COMPANIES: readonly (readonly [company: string, region: string])[] = [
  ['Juniper Street Grocers', 'US'],
  ['Harbour & Thistle Foods', 'GB'],
  ['Maple Row Catering', 'CA-ON'],
  ['Pilbara Pantry', 'AU'],
  ['Copper Kettle Hotels', 'US'],
  ['Northlight Bakeries', 'DK'],
  ['Atlas Provisions', 'NL'],
  ['Bluegum Deli Group', 'AU'],
  ['Lantern Bay Seafood', 'SG'],
  ['Old Mill Canteens', 'IE'],
  ['云杉食品有限公司', 'CN-31'],
  ['锦和餐饮集团', 'CN-44'],
  ['江南味道连锁', 'CN-33'],
  ['海润进出口贸易', 'CN-35'],
  ['百味源超市', 'CN-51'],
  ['晨光酒店管理', 'CN-11'],
  ['四季鲜果品', 'CN-37'],
  ['东湖冷链物流', 'CN-42'],
  ['金穗粮油', 'CN-41'],
  ['聚福楼餐饮', 'CN-12'],
]

/** Common names put together by chance; any likeness to a person is one too. */
export const ENGLISH_GIVEN = ['Alex', 'Robin', 'Sam', 'Jordan', 'Casey', 'Taylor', 'Morgan', 'Jamie', 'Drew', 'Riley'] as const
export const ENGLISH_FAMILY = ['Archer', 'Birch', 'Calloway', 'Dale', 'Ellison', 'Finch', 'Garland', 'Hollis', 'Ingram', 'Lowell'] as const
export const CHINESE_FAMILY = ['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴', '徐', '孙'] as const
export const CHINESE_GIVEN = ['伟', '芳', '娜', '敏', '静', '丽', '强', '磊', '洋', '艳', '晓明', '文静', '建国', '雨桐', '子轩', '思远'] as const

export const LEAD_NEEDS = [
  'Looks for a second supplier of dairy products before the summer.',
  'Wants weekly deliveries to four kitchens instead of monthly ones.',
  'Compares prices for seafood, 200 kg a month.',
  '希望引进欧洲进口奶酪，首批小量试销。',
  '门店扩张，需要稳定的饮料和调味品供应。',
  '询问冷链配送到二线城市的价格与时效。',
  '计划节日礼盒项目，需要糖果和坚果组合。',
] as const

export const LEAD_SOURCES = [
  ['trade_fair', 'Shanghai food fair 上海食品展'],
  ['website', 'Contact form'],
  ['referral', 'Recommended by a customer 老客户推荐'],
  ['newsletter', 'Spring newsletter'],
  ['wechat', '公众号咨询'],
  ['cold_call', 'Outbound call'],
] as const

export const OPPORTUNITY_TOPICS = [
  'Annual supply contract',
  'Seasonal order',
  'New product line',
  'Private label trial',
  'Reorder after trial',
  '年度供货协议',
  '新品试销',
  '节日礼盒采购',
  '冷链配送合作',
  '门店扩张供货',
] as const

export const NEXT_STEPS = [
  'Send the revised price list',
  'Agree on delivery dates',
  'Arrange a tasting',
  'Get sign-off from purchasing',
  '发送正式报价',
  '确认样品到货',
  '安排采购负责人会面',
  '核对付款条件',
] as const

export const LOST_REASONS = ['Price 价格', 'Chose another supplier 选择其他供应商', 'Budget withdrawn 预算取消', 'No answer 无回应'] as const

export const NEEDS = [
  'Fixed prices for twelve months, delivery within five working days.',
  'Smaller packs for the retail shelf.',
  '希望账期延长到 60 天，并提供中文标签。',
  '需要提供原产地证明和检验报告。',
] as const

type ActivityType = 'call' | 'visit' | 'email' | 'meeting' | 'chat' | 'note'

export const ACTIVITY_TEXTS: Readonly<Record<ActivityType, readonly (readonly [subject: string, body: string])[]>> = {
  call: [
    ['Call about delivery dates', 'Went through open deliveries; two dates have to move.'],
    ['Call about the price list', 'Explained the new prices, a written offer follows.'],
    ['电话跟进报价', '对方正在内部审批，约定下周再联系。'],
    ['电话确认订单数量', '数量确认，尾款付款方式待定。'],
  ],
  visit: [
    ['Site visit', 'Saw the warehouse and the cold store; access for trucks is good.'],
    ['门店拜访', '查看陈列情况，建议增加试吃活动。'],
  ],
  email: [
    ['Sent offer', 'Offer with prices and delivery terms sent as PDF.'],
    ['Sent certificates of origin', 'All documents for customs sent.'],
    ['发送样品清单', '附上样品清单和保质期说明。'],
    ['发送合同草案', '合同草案已发，等待法务意见。'],
  ],
  meeting: [
    ['Quarterly review', 'Volumes, complaints and plans for the next quarter.'],
    ['Product tasting', 'Six products tasted, three shortlisted.'],
    ['季度业务回顾', '回顾销量与退货率，确定下季度目标。'],
    ['合作方案讨论', '讨论独家供货与返利方案。'],
  ],
  chat: [
    ['Chat about invoice', 'Sent the invoice once more.'],
    ['微信沟通物流进度', '已告知预计到货时间。'],
  ],
  note: [
    ['Holiday closing', 'Closed for stock-taking in the last week of the month.'],
    ['Preferred contact times', 'Mornings only.'],
    ['客户偏好记录', '偏好小批量、多批次送货。'],
  ],
}

export const TASK_TITLES = [
  'Prepare offer for',
  'Check credit limit of',
  'Send samples to',
  'Call back',
  'Update delivery address of',
  '准备合同：',
  '跟进付款：',
  '寄送样品：',
  '整理拜访记录：',
] as const

export const CATEGORIES: readonly { readonly key: string; readonly name: string; readonly parent: string | null; readonly priority: string | null }[] = [
  { key: 'delivery', name: 'Delivery 配送', parent: null, priority: null },
  { key: 'quality', name: 'Product quality 产品质量', parent: null, priority: 'high' },
  { key: 'service', name: 'Service attitude 服务态度', parent: null, priority: null },
  { key: 'price', name: 'Prices and invoices 价格与发票', parent: null, priority: null },
  { key: 'question', name: 'Questions 咨询', parent: null, priority: 'low' },
  { key: 'missing', name: 'Missing or wrong goods 缺货错货', parent: 'delivery', priority: 'high' },
  { key: 'address', name: 'Delivery address 收货地址', parent: 'delivery', priority: null },
  { key: 'packaging', name: 'Packaging 包装', parent: 'quality', priority: null },
]

export const TICKET_TEXTS: readonly {
  /** Key of the category. */
  readonly category: string
  readonly type: 'question' | 'problem' | 'complaint' | 'request' | 'refund'
  readonly subject: string
  readonly description: string
  readonly resolution: string
}[] = [
  {
    category: 'missing',
    type: 'problem',
    subject: 'Delivery incomplete',
    description: 'Two boxes are missing from the delivery.',
    resolution: 'Missing boxes sent by express.',
  },
  {
    category: 'packaging',
    type: 'complaint',
    subject: 'Packaging damaged',
    description: 'Several packs arrived crushed.',
    resolution: 'Damaged packs credited.',
  },
  {
    category: 'question',
    type: 'question',
    subject: 'Shelf life after opening',
    description: 'How long does the product keep once it is open?',
    resolution: 'Storage sheet sent.',
  },
  {
    category: 'missing',
    type: 'refund',
    subject: 'Wrong product delivered',
    description: 'Another item than the one ordered was delivered.',
    resolution: 'Collected and refunded.',
  },
  {
    category: 'address',
    type: 'request',
    subject: 'Change of delivery address',
    description: 'Deliver to the new warehouse from next week on.',
    resolution: 'Address changed in all open orders.',
  },
  { category: 'quality', type: 'problem', subject: '到货温度异常', description: '冷链记录显示运输途中温度超过八度。', resolution: '已补发并更换承运商。' },
  { category: 'service', type: 'complaint', subject: '客服回复太慢', description: '邮件两天没有收到答复。', resolution: '已致歉并指定专人跟进。' },
  {
    category: 'question',
    type: 'question',
    subject: '能否提供中文标签',
    description: '下一批订单是否可以贴中文标签？',
    resolution: '确认可以，随下一批发货。',
  },
  { category: 'price', type: 'refund', subject: '重复扣款', description: '同一张发票被扣款两次。', resolution: '多扣款项已退回。' },
  { category: 'price', type: 'request', subject: '申请开具增值税发票', description: '请按附件资料开具发票。', resolution: '发票已开具并寄出。' },
]

export const PUBLIC_COMMENTS = [
  'We are looking into it and will answer within one working day.',
  'Please send us a photo of the label.',
  '已收到您的反馈，正在核实。',
  '请提供订单号和到货照片。',
] as const

export const INTERNAL_COMMENTS = [
  'Carrier asked for the proof of delivery.',
  'Second case with this batch, quality informed.',
  '仓库确认发货数量无误，联系承运商核查。',
  '客户等级较高，请优先处理。',
] as const

export const REMINDER_SUBJECTS = ['Follow up on', 'Offer expires:', 'Confirm delivery for', '回访：', '报价即将到期：', '确认付款：'] as const
