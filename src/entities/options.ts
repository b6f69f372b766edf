import { options } from './text.ts'

/** Option lists that several modules share. */

export const PRIORITIES = options(
  ['low', 'Low', '低', 'grey'],
  ['normal', 'Normal', '普通', 'blue'],
  ['high', 'High', '高', 'amber'],
  ['urgent', 'Urgent', '紧急', 'red'],
)

export const TICKET_STATUSES = options(
  ['new', 'New', '新建', 'blue'],
  ['open', 'Open', '处理中', 'teal'],
  ['pending', 'Pending', '等待客户', 'amber'],
  ['resolved', 'Resolved', '已解决', 'green'],
  ['closed', 'Closed', '已关闭', 'grey'],
)

export const INDUSTRIES = options(
  ['agriculture', 'Agriculture', '农业'],
  ['construction', 'Construction', '建筑'],
  ['education', 'Education', '教育'],
  ['energy', 'Energy', '能源'],
  ['finance', 'Finance', '金融'],
  ['food_and_beverage', 'Food and beverage', '食品饮料'],
  ['government', 'Government', '政府'],
  ['health_care', 'Health care', '医疗'],
  ['hospitality', 'Hospitality', '酒店餐饮'],
  ['logistics', 'Logistics', '物流'],
  ['manufacturing', 'Manufacturing', '制造'],
  ['media', 'Media', '传媒'],
  ['professional_services', 'Professional services', '专业服务'],
  ['real_estate', 'Real estate', '房地产'],
  ['retail', 'Retail', '零售'],
  ['technology', 'Technology', '科技'],
  ['telecommunications', 'Telecommunications', '电信'],
  ['wholesale', 'Wholesale', '批发'],
  ['other', 'Other', '其他'],
)

export const LANGUAGES = options(
  ['en', 'English', '英语'],
  ['zh_cn', 'Chinese (simplified)', '简体中文'],
  ['zh_tw', 'Chinese (traditional)', '繁体中文'],
  ['ja', 'Japanese', '日语'],
  ['ko', 'Korean', '韩语'],
  ['de', 'German', '德语'],
  ['es', 'Spanish', '西班牙语'],
  ['fr', 'French', '法语'],
  ['pt', 'Portuguese', '葡萄牙语'],
  ['other', 'Other', '其他'],
)

export const VISIBILITIES = options(['public', 'Public', '公开', 'green'], ['internal', 'Internal', '内部', 'grey'])

/** What has become of something that is due at a time. */
/** States of what has told whom it is for. */
export const TOLD_STATES = Object.freeze(['fired', 'missed', 'acknowledged'])

export const TIMER_STATES = options(
  ['scheduled', 'Scheduled', '已安排', 'blue'],
  ['fired', 'Fired', '已触发', 'amber'],
  ['acknowledged', 'Acknowledged', '已确认', 'green'],
  ['cancelled', 'Cancelled', '已取消', 'grey'],
  ['missed', 'Missed', '已错过', 'red'],
)
