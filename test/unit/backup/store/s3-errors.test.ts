import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { MissingError } from '../../../../scripts/lib/backup/store/errors.js';
import { explained, isBug, mayPass } from '../../../../scripts/lib/backup/store/s3-errors.js';

const none = (text: string) => text;
/** As the client throws what a server answered. */
const answered = (name: string, status: number, message = 'the server says why') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
/** As the system says that nothing was answered. */
const system = (code: string, name = 'Error') => Object.assign(new Error(`connect ${code} 10.0.0.1:9000`), { name, code });

describe('what is wrong, and which key of .env to change', () => {
  test.each([
    [answered('NoSuchBucket', 404), 'there is no such bucket', 'S3_BUCKET'],
    [answered('InvalidAccessKeyId', 403), 'the access key is not known there', 'AWS_ACCESS_KEY_ID'],
    [answered('SignatureDoesNotMatch', 403), 'the secret key does not belong', 'AWS_SECRET_ACCESS_KEY'],
    [answered('CredentialsProviderError', 0), 'there are no credentials', 'AWS_ACCESS_KEY_ID'],
    [answered('AccessDenied', 403), 'access is denied', 'AWS_ACCESS_KEY_ID'],
    [answered('UnknownError', 403), 'access is denied', 'S3_BUCKET'],
    [answered('RequestTimeTooSkewed', 403), "this machine's clock", 'set the clock'],
    [answered('PermanentRedirect', 301), 'in another region', 'AWS_REGION'],
    [answered('AuthorizationHeaderMalformed', 400), 'in another region', 'AWS_REGION'],
    [answered('XMinioStorageFull', 507), 'there is no space left', 'S3_BUCKET'],
    [answered('QuotaExceeded', 403), 'there is no space left', 'BACKUP_RETENTION_DAYS'],
    [answered('Whatever', 507), 'there is no space left', 'S3_BUCKET'],
    [answered('KMS.NotFoundException', 400), 'it cannot be encrypted', 'S3_SSE_KMS_ID'],
    [answered('InvalidStorageClass', 400), 'the storage class', 'S3_STORAGE_CLASS'],
    [answered('SlowDown', 503), 'overloaded', 'S3_ENDPOINT'],
    [answered('InvalidPartOrder', 400), 'InvalidPartOrder (400): the server says why', 'S3_ENDPOINT'],
    [system('ECONNREFUSED'), 'nobody listens there', 'S3_ENDPOINT'],
    [system('ENOTFOUND'), 'its host name is not known', 'S3_ENDPOINT'],
    [system('EHOSTUNREACH'), 'it does not answer', 'S3_ENDPOINT'],
    [system('ECONNRESET', 'TimeoutError'), 'the connection breaks', 'S3_ENDPOINT'],
    [system('DEPTH_ZERO_SELF_SIGNED_CERT'), 'no secure connection', 'S3_ENDPOINT'],
  ])('%o', (error, says, hint) => {
    const { message, hints, details } = explained('s3://bucket: storing x', error, none);
    expect(message).toMatch(/^s3:\/\/bucket: storing x: /);
    expect(message).toContain(says);
    expect(hints.join()).toContain(hint);
    expect([message, ...details].join()).toContain(error.message);
  });

  test('an object that is not there is missing; a page that is not there is no object', () => {
    expect(explained('s3://bucket: reading x', answered('NoSuchKey', 404), none)).toBeInstanceOf(MissingError);
    expect(explained('s3://bucket: reading x', answered('NotFound', 404), none)).not.toBeInstanceOf(MissingError);
  });

  test('no secret stands in it, not even in its cause', () => {
    const error = answered('Strange', 400, 'key AKIAEXAMPLE is strange');
    Object.assign(error, { AWSAccessKeyId: 'AKIAEXAMPLE' });
    const failure = explained('s3://bucket: storing x', error, (text) => text.replaceAll('AKIAEXAMPLE', '[secret]'));
    expect(inspect(failure, { depth: 9 })).not.toContain('AKIAEXAMPLE');
  });
});

describe('what is worth another try', () => {
  test.each([
    ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'HPE_INVALID_CONSTANT'].map((code) => system(code)),
    answered('SlowDown', 503),
    answered('InternalError', 500),
    answered('BadGateway', 502),
    answered('RequestTimeout', 400),
    answered('TooManyRequests', 429),
    answered('Whatever', 429),
    answered('TimeoutError', 200),
  ])('%o', (error) => {
    expect(mayPass(error)).toBe(true);
  });

  test.each([
    answered('AccessDenied', 403),
    answered('NoSuchKey', 404),
    answered('NoSuchUpload', 404),
    answered('InvalidPart', 400),
    answered('NotImplemented', 501),
    answered('XMinioStorageFull', 507),
    answered('RequestTimeTooSkewed', 403),
    system('DEPTH_ZERO_SELF_SIGNED_CERT'),
    new TypeError('a bug'),
  ])('%o is not', (error) => {
    expect(mayPass(error)).toBe(false);
  });

  test('a bug is a bug', () => {
    expect(isBug(new TypeError('undefined is not a function'))).toBe(true);
    expect([system('ECONNRESET'), system('EMFILE'), answered('Strange', 418)].map(isBug)).toEqual([false, false, false]);
  });
});
