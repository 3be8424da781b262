export { type EncryptOptions, encryptFile } from './encrypt.ts';
