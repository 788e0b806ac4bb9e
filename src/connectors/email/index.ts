/** E-mail to people, over a mail server of the hospital or of our own. */
import { asFailure } from '../../std/index.ts';
import type { Capability } from '../capability.ts';
import type { Connection, ConnectionContext, Connector, TestResult } from '../contract.ts';
import { type EmailConfig, emailFields, parseEmail } from './config.ts';
import { greeted, sendEmail } from './send.ts';

export { emailFailures } from './failures.ts';

const capabilities: readonly Capability[] = [
  {
    name: 'send',
    about:
      'Sends an e-mail: to, subject, text or html; cc and replyTo. Only to the recipients that the connection allows.',
    effect: true,
    scopes: [],
  },
];

function open(config: EmailConfig, context: ConnectionContext): Connection {
  return {
    async test(): Promise<readonly TestResult[]> {
      try {
        (await greeted(config, context)).quit();
        const who = config.user === undefined ? '' : ' and knows the user';
        return [{ check: 'route', ok: true, text: `${config.host} answers${who}.` }];
      } catch (error) {
        const failure = asFailure(error);
        return [{ check: 'route', ok: false, text: `${failure.message} ${failure.fix}`, failure }];
      }
    },
    call: (call, about) => sendEmail(config, context, call, about),
    close: async () => undefined,
  };
}

/**
 * @example
 * // connections:
 * //   mail:
 * //     connector: email
 * //     host: smtp.mercy.example
 * //     user: suture
 * //     secret: mail
 * //     from: Care team <care@mercy.example>
 * //     recipients: ["@mercy.example"]
 */
export const email: Connector<EmailConfig> = {
  name: 'email',
  about: 'E-mail over SMTP with TLS, to the recipients that the connection allows.',
  fields: emailFields,
  parse: parseEmail,
  keys: ({ ca }) => (ca === undefined || ca.includes('-----BEGIN') ? [] : [ca]),
  open,
  capabilities,
};
