import type { MetricDescription } from '../../src/http/metrics.ts'

export declare function metricsOfProcess(): Promise<readonly MetricDescription[]>
export declare function metricsReference(): Promise<string>
