export { type EncryptOptions, encryptFile } from './encrypt.ts';
export { type Loopback, type LoopbackAnswer, type LoopbackCall, startLoopback } from './loopback.ts';
