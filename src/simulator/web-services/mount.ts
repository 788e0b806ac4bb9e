import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clients } from '../oauth/clients.ts';
import type { Caller } from '../oauth/oauth.ts';
import type { Interaction } from '../oauth/scopes.ts';
import type { Users } from '../oauth/users.ts';
import type { Behaviour } from '../profile/index.ts';
import type { Hospital } from '../world/hospital.ts';
import { type Command, cancel, createPatient, patientAppointments, schedule } from './commands.ts';
import { CommandRefused, exceptionBody } from './refused.ts';

export interface WebServiceParts {
  readonly hospital: Hospital;
  readonly behaviour: Behaviour;
  readonly clients: Clients;
  readonly users: Users;
  caller(token: string): Caller | undefined;
  notFound(reply: FastifyReply): FastifyReply;
}

interface Service {
  readonly path: string;
  readonly command: Command;
  /** The API that a token must hold. */
  readonly type: string;
  readonly interaction: Interaction;
}

// The addresses as far as others have published them; where a part was left out, it is ours.
const services: readonly Service[] = [
  {
    path: '/2012/EMPI/External/PatientCreate/Patient/Create',
    command: createPatient,
    type: 'Patient',
    interaction: 'create',
  },
  {
    path: '/2014/PatientAccess/External/ScheduleAppointmentWithInsurance/Scheduling/Schedule',
    command: schedule,
    type: 'Appointment',
    interaction: 'create',
  },
  {
    path: '/2014/PatientAccess/External/CancelAppointment/Scheduling/Cancel',
    command: cancel,
    type: 'Appointment',
    interaction: 'create',
  },
  {
    path: '/2013/Scheduling/Patient/GETPATIENTAPPOINTMENTS/Appointments',
    command: patientAppointments,
    type: 'Appointment',
    interaction: 'search',
  },
];

/** `/epic/api/epic/<year>/...`: the services from before FHIR, JSON in and out, on at many sites. */
export function webServices(app: FastifyInstance, parts: WebServiceParts): void {
  const { hospital, behaviour } = parts;
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof CommandRefused) {
      return reply.code(behaviour.webServiceErrorStatus).send(exceptionBody(error));
    }
    const status = (error.statusCode ?? 500) < 500 ? 400 : 500;
    return reply.code(status).send({ Message: 'An error has occurred.' });
  });
  for (const service of services) {
    app.post(service.path, (request, reply) => {
      if (!behaviour.webServices) return parts.notFound(reply);
      if (!isLetIn(request, service, parts)) {
        return reply
          .code(401)
          .header('www-authenticate', 'Basic realm="Interconnect"')
          .send({ Message: 'Authorization has been denied for this request.' });
      }
      const { body } = request;
      if (typeof body !== 'object' || body === null || Array.isArray(body)) {
        throw new CommandRefused('INVALID-REQUEST', 'send a JSON object');
      }
      return reply.send(service.command(hospital, body as Record<string, unknown>));
    });
  }
}

/** A token whose client holds the API; or Basic as a user of the hospital, with the client's id in a header. */
function isLetIn(request: FastifyRequest, service: Service, parts: WebServiceParts): boolean {
  const [, scheme, word] = /^(Bearer|Basic) +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (scheme?.toLowerCase() === 'bearer') {
    const caller = parts.caller(word ?? '');
    return caller?.allows(service.type, service.interaction) === true && caller.patient === undefined;
  }
  const plain = Buffer.from(word ?? '', 'base64').toString('utf8');
  const [, login, password] = /^emp\$([^:]+):(.*)$/.exec(plain) ?? [];
  const user = parts.users.signIn(login ?? '', password ?? '');
  const clientId = request.headers['epic-client-id'];
  return (
    user?.kind === 'clinician' && typeof clientId === 'string' && parts.clients.get(clientId) !== undefined
  );
}
