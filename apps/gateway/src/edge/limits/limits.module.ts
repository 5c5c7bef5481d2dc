import { Global, Module } from '@nestjs/common';
import { AddressLimits } from './address-limits.js';
import { ApiRate } from './api-rate.js';
import { FanOutRate, MessageRate } from './message-rate.js';

/** What is counted of those who call. */
@Global()
@Module({
  providers: [AddressLimits, ApiRate, FanOutRate, MessageRate],
  exports: [AddressLimits, ApiRate, FanOutRate, MessageRate],
})
export class LimitsModule {}
