import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type GatewaySettings } from '../config.js';
import { TokenBuckets } from './token-bucket.js';

/** MESSAGE_RATE_LIMIT, counted for HTTP and sockets together. */
@Injectable()
export class MessageRate extends TokenBuckets {
  constructor(@Inject(SETTINGS) settings: GatewaySettings) {
    super(settings.MESSAGE_RATE_LIMIT);
  }
}
