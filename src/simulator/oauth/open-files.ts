import type { FastifyInstance } from 'fastify';
import { oidcKeysPath } from './discovery.ts';
import type { OAuth } from './oauth.ts';
import { stylePath } from './token-response.ts';

/** What anybody may fetch: the keys that id_tokens are signed with, and how an application should look. */
export function openKeysAndStyle(app: FastifyInstance, oauth: OAuth): void {
  app.get(oidcKeysPath, (_request, reply) =>
    oauth.oidcKeys.published().then((keys) => reply.header('cache-control', 'max-age=300').send(keys)),
  );
  app.get(stylePath, (_request, reply) =>
    reply.send({
      color_background: '#ffffff',
      color_error: '#a11f2c',
      color_highlight: '#1f6f8b',
      color_modal_backdrop: '',
      color_success: '#2e7d32',
      color_text: '#1c2733',
      dim_border_radius: '6px',
      dim_font_size: '13px',
      dim_spacing_size: '20px',
      font_family_body: 'system-ui',
      font_family_heading: 'system-ui',
    }),
  );
}
