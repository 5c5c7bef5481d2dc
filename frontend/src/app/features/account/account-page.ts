import { Component } from '@angular/core';
@Component({ selector: 'app-stub', template: '' })
export class AccountPage {}
