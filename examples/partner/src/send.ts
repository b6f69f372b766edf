import type { GuanxiClient } from './guanxi/client.js'
import { PutCustomersMutationDocument, ReportComplaintsMutationDocument } from './guanxi/operations.js'
import { sendLines } from './send-lines.js'
import { settings } from './settings.js'

interface Customer {
  readonly key: string
  readonly name: string
  readonly city: string
  readonly website?: string
}

interface Complaint {
  readonly customer: string
  readonly subject: string
  readonly text: string
}

const { system, batch } = settings

/** Customers become accounts, known by their number in the ERP: a customer that was sent before is changed, not made again. */
export function sendCustomers(client: GuanxiClient): Promise<void> {
  return sendLines<Customer>({
    path: settings.customers,
    journal: settings.state('customers.json'),
    batch,
    send: (customers, idempotencyKey) => {
      const upserts = customers.map(({ key, name, city, website = null }) => ({
        by: { externalId: { system, key } },
        input: { name, type: 'customer' as const, website, address: { city } },
      }))
      return client.request(PutCustomersMutationDocument, { upserts }, { idempotencyKey })
    },
  })
}

/** Complaints have no number in the ERP. Nothing but the Idempotency-Key keeps one that is sent again from becoming a second ticket. */
export function sendComplaints(client: GuanxiClient): Promise<void> {
  return sendLines<Complaint>({
    path: settings.complaints,
    journal: settings.state('complaints.json'),
    batch,
    send: (complaints, idempotencyKey) => {
      const input = complaints.map(({ customer, subject, text }) => ({
        subject,
        description: text,
        type: 'complaint' as const,
        account: { externalId: { system, key: customer } },
      }))
      return client.request(ReportComplaintsMutationDocument, { input }, { idempotencyKey })
    },
  })
}
