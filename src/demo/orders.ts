import type { ChangeSet } from '../records/write/request.ts'
import { type Companies, supplierKey } from './companies.ts'
import { countryCode } from './countries.ts'
import type { Northwind, Order } from './northwind.ts'
import { createAll, createKeyed, type Ids, NORTHWIND } from './records.ts'

/** Northwind keeps its books in US dollars. */
const CURRENCY = 'USD'

export interface Catalogue {
  readonly categories: Ids
  readonly products: Ids
}

/** Categories and products; stock and prices as in the source. */
export async function loadCatalogue(changes: ChangeSet, northwind: Northwind, accounts: Ids): Promise<Catalogue> {
  const keyOf = ({ key }: { key: string }) => key
  const categories = await createKeyed(changes, 'productCategory', northwind.categories, keyOf, ({ key, name, description }) => ({
    name,
    description,
    source: NORTHWIND,
    externalIds: [{ system: NORTHWIND, key }],
  }))
  const products = await createKeyed(changes, 'product', northwind.products, keyOf, (product) => ({
    name: product.name,
    sku: `NW-${product.key.padStart(3, '0')}`,
    category: categories.ref(product.category),
    supplier: accounts.ref(supplierKey(product.supplier)),
    unit: product.unit,
    price: { amount: product.price, currency: CURRENCY },
    active: !product.discontinued,
    stock: product.stock,
    onOrder: product.onOrder,
    reorderLevel: product.reorderLevel,
    source: NORTHWIND,
    externalIds: [{ system: NORTHWIND, key: product.key }],
  }))
  return { categories, products }
}

/** Orders belong to the employee who took them. Their totals follow from the lines, by the write pipeline. */
export async function loadOrders(
  changes: ChangeSet,
  northwind: Northwind,
  users: Ids,
  companies: Companies,
  products: Ids,
): Promise<{ orders: Ids; lines: number }> {
  const orders = await createKeyed(
    changes,
    'order',
    northwind.orders,
    ({ key }) => key,
    (order) => ({
      number: order.key,
      account: companies.accounts.ref(order.customer),
      contact: companies.contacts.ref(order.customer),
      status: order.shippedOn === null ? 'confirmed' : 'completed',
      orderedAt: midnight(order.orderedOn),
      requiredAt: midnight(order.requiredOn),
      shippedAt: order.shippedOn === null ? null : midnight(order.shippedOn),
      carrier: northwind.shippers.get(order.shipper) ?? null,
      shipName: order.shipName,
      shipTo: shippingAddress(order),
      freight: { amount: order.freight, currency: CURRENCY },
      currency: CURRENCY,
      owner: users.ref(order.employee),
      source: NORTHWIND,
      externalIds: [{ system: NORTHWIND, key: order.key }],
    }),
  )
  const productNames = new Map(northwind.products.map(({ key, name }) => [key, name]))
  const employeeOf = new Map(northwind.orders.map(({ key, employee }) => [key, employee]))
  const lines = await createAll(
    changes,
    'orderLine',
    northwind.lines.map(({ order, product, quantity, unitPrice, discount }) => ({
      order: orders.ref(order),
      product: products.ref(product),
      description: productNames.get(product),
      quantity,
      unitPrice: { amount: unitPrice, currency: CURRENCY },
      discount,
      owner: users.ref(employeeOf.get(order) as string),
      source: NORTHWIND,
      externalIds: [{ system: NORTHWIND, key: `${order}-${product}` }],
    })),
  )
  return { orders, lines: lines.length }
}

/** The source names days; they stand as the start of the day in UTC. */
function midnight(day: string): string {
  return `${day}T00:00:00.000Z`
}

function shippingAddress({ shipAddress, shipCity, shipRegion, shipPostcode, shipCountry }: Order): Record<string, string | null> {
  return { street: shipAddress, city: shipCity, state: shipRegion, postcode: shipPostcode, country: countryCode(shipCountry) }
}
