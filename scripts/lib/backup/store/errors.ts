import { SlipwayError } from '../../errors.js';

/** A store refused or failed: the message says which store, what it was asked, and what it answered. */
export class StoreError extends SlipwayError {}

/** There is nothing under that key. */
export class MissingError extends StoreError {}
