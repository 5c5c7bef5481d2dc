import { Module } from '@nestjs/common';
import { ChatMembers } from './chat-members.js';
import { DeletedUsers } from './deleted-users.js';

/** Who is in which chat, and who must not come into any again. */
@Module({ providers: [ChatMembers, DeletedUsers], exports: [ChatMembers, DeletedUsers] })
export class MembersModule {}
