import { Module } from '@nestjs/common';
import { ChatMembers } from './chat-members.js';

/** Who is in which chat. */
@Module({ providers: [ChatMembers], exports: [ChatMembers] })
export class MembersModule {}
