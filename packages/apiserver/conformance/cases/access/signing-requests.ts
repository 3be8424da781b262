import { type Case, type Exchange, exchange, MERGE_PATCH } from '../../lib/case.ts';

type Fields = Readonly<Record<string, unknown>>;

const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
/** Of jane, of the team devs. */
const request = Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----
MIHdMIGFAgEAMCMxDTALBgNVBAMMBGphbmUxEjAQBgNVBAoMCXRlYW06ZGV2czBZ
MBMGByqGSM49AgEGCCqGSM49AwEHA0IABJMAVIgHDqN8Gx1F+dnmZ060O2cJclUr
XTpaCmheXBoiRjxZpuR/YdaY5WLUv8XQA1U9xEOdRhYvBbcUKHstvBSgADAKBggq
hkjOPQQDAgNHADBEAiAii+OscR04+jGPOlm/S21dOzCm1EokjLIIAlOyEVM3tQIg
LuTCcfcuAMFwKS9L3HCp20THhSP6dm4fLYN0mfCZQcM=
-----END CERTIFICATE REQUEST-----
`).toString('base64');
const signing = (name: string, status?: Fields) => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name },
  spec: { request, signerName: 'example.com/s', usages: ['client auth'] },
  ...(status === undefined ? {} : { status }),
});
const condition = (type: string, status = 'True') => ({ type, status, reason: 'R', message: 'm' });
const approval = (name: string, ...conditions: readonly Fields[]): Exchange => [
  'PUT',
  `${path}/${name}/approval`,
  signing(name, { conditions }),
];

/** What becomes of a request for a certificate, where nobody signs. */
export const signingCases: readonly Case[] = [
  exchange('signing requests: approval', [
    ['POST', path, signing('a{id}', { certificate: 'eA==', conditions: [condition('Approved')] })],
    approval('a{id}', condition('Approved', 'False')),
    approval('a{id}', { type: 'Approved' }),
    approval('a{id}', condition('Odd'), condition('Odd')),
    approval('a{id}', condition('Approved'), condition('Denied')),
    approval('a{id}', condition('Approved')),
    approval('a{id}'),
    ['PATCH', `${path}/a{id}`, { spec: { usages: ['any'] } }, { type: MERGE_PATCH }],
    ['PUT', `${path}/none{id}/approval`, signing('none{id}')],
    ['DELETE', `${path}/a{id}`, {}],
  ]),
  exchange('signing requests: status', [
    ['POST', path, signing('b{id}')],
    ['PUT', `${path}/b{id}/status`, signing('b{id}', { certificate: 'eA==' })],
    ['PATCH', `${path}/b{id}/status`, { status: { conditions: [condition('Approved')] } }, { type: MERGE_PATCH }],
    ['PATCH', `${path}/b{id}/status`, { status: { conditions: [condition('Failed')] } }, { type: MERGE_PATCH }],
    ['PATCH', `${path}/b{id}/status`, { status: { conditions: [] } }, { type: MERGE_PATCH }],
    ['DELETE', `${path}/b{id}`, {}],
  ]),
];
