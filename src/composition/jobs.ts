import { ACCOUNT_MESSAGE, type AccountMessages } from '../auth/index.ts'
import type { Config } from '../config/index.ts'
import type { Logger } from '../http/index.ts'
import { tendAbandoned } from '../jobs/email/abandoned-deliveries.ts'
import type { EmailDriver } from '../jobs/email/email-driver.ts'
import { RETRY_DELAYS } from '../jobs/email/retry-schedule.ts'
import { type DeliveryServices, sendDelivery } from '../jobs/email/send-delivery.ts'
import { createSmtpDriver } from '../jobs/email/smtp-driver.ts'
import { defineJob } from '../jobs/job.ts'
import { type JobReport, startJobWorker } from '../jobs/job-worker.ts'
import { readQueueState } from '../jobs/queue-state.ts'
import { remindOfRecord } from '../jobs/remind-of-records.ts'
import { repeat } from '../jobs/repeat.ts'
import type { PluginHost } from '../plugins/host/index.ts'
import { answerWithin } from '../records/data-source.ts'
import { underCurrentEpochs } from '../records/under-current-epochs.ts'
import type { Kernel } from './kernel.ts'

interface JobOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly logger: Logger
  readonly principalOf: DeliveryServices['principalOf']
  /** Seconds between attempts to send a message; as shipped unless given. */
  readonly retryDelays: readonly number[] | undefined
  /** In the place of the mail server that is configured. */
  readonly emailDriver: EmailDriver | undefined
  readonly host: Pick<PluginHost, 'job' | 'withoutFlags'>
  readonly accountMessages: AccountMessages
}

/** Runs the jobs of the queue in this process. */
export function startJobs(
  kernel: Kernel,
  { config, databaseUrl, logger, principalOf, host, accountMessages, emailDriver, retryDelays = RETRY_DELAYS }: JobOptions,
) {
  const { database, writer, registry, system, organisationCurrency, now } = kernel
  const services: DeliveryServices = {
    database,
    writer,
    registry,
    system: () => system('e-mail'),
    principalOf,
    organisationCurrency,
    now,
    driver: emailDriver ?? driverOf(config),
    delays: retryDelays,
    linkOf: accountMessages.carriedBy,
    appUrl: config.appUrl,
  }
  if (services.driver === undefined)
    logger.warn('no mail server is set up (SMTP_URL): reminders by e-mail, invitations and links for new passwords reach nobody; their deliveries are skipped')
  const worker = startJobWorker({
    databaseUrl,
    jobs: [
      sendDelivery(services),
      defineJob(ACCOUNT_MESSAGE, (request, run) => underCurrentEpochs(() => accountMessages.prepare(request, run.settle))),
      remindOfRecord({ database, writer, registry, principal: () => system('reminder rules'), now }),
      host.job,
    ],
    without: host.withoutFlags,
    concurrency: config.jobConcurrency,
    answerWithin: answerWithin(config.statementTimeout),
    patience: config.drainTimeout,
    report: reporter(logger),
  })
  const abandoned = repeat({
    every: 60_000,
    run: () => tendAbandoned(services),
    onError: (error) => logger.warn({ err: error }, 'deliveries without a job not looked after; it is tried again'),
  })
  return {
    /** What waits, in numbers. */
    state: () => readQueueState(services),
    stop: async () => {
      await abandoned.stop()
      await worker.stop()
    },
  }
}

function driverOf({ smtpUrl, mailFrom, smtpTimeout }: Config): EmailDriver | undefined {
  return smtpUrl === undefined || mailFrom === undefined ? undefined : createSmtpDriver({ url: smtpUrl, from: mailFrom, timeout: smtpTimeout })
}

function reporter(logger: Logger): JobReport {
  return (event, message, error) => {
    if (event === 'gave up') logger.error({ err: error }, message)
    else if (event === 'lost' || event === 'released') logger.info(message)
    else logger.warn({ err: error }, message)
  }
}
