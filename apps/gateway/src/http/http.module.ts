import { Global, Module } from '@nestjs/common';
import { AddressLimits } from './address-limits.js';
import { MessageRate } from './message-rate.js';

/** What is counted of those who call. */
@Global()
@Module({ providers: [AddressLimits, MessageRate], exports: [AddressLimits, MessageRate] })
export class HttpModule {}
