/** A record that says something of every subject; synthetic throughout. */
export const fullRecord = `site: mercy
name: Mercy Hospital
environment: production
tags: [cardiology, midwest]
ehr:
  vendor: epic
  version: May 2026
  cadence:
    takes: [May, November]
    next: 2026-12-06
    nextVersion: November 2026
    testFrom: 2026-11-09
  modules: { cadence: true, beaker: "since 2024, without blood bank", optime: false }
  apis:
    appointment-search: { name: "Appointment.Search (Appointments) (R4)", resource: Appointment, enabled: 2026-05-02 }
  scopes: [system/Appointment.s, system/Patient.r]
  endpoints:
    r4: https://fhir.mercy.example/api/FHIR/R4
    webServices: https://fhir.mercy.example/api/epic
  clients:
    backend: { id: 2c1f0d4e-6a55-4a0e-9d0a-1b2c3d4e5f60, signsInBy: key set address, user: INTERFACE }
    scheduling: { id: mercy-scheduling, signsInBy: secret, secret: MERCY_SCHEDULING_SECRET }
timeZone: America/Chicago
identifiers:
  mrn:
    system: urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14
    hl7: { field: PID-3, type: MR, assigner: MERCY }
  others:
    account: { system: "urn:oid:1.2.3.4", about: hospital account, hl7: { field: PID-18.1 } }
roster:
  from: [adt-in]
budget: { requestsPerSecond: 20, agreed: { with: integration desk, on: 2026-05-01 } }
connections:
  adt-in:
    connector: mllp
    listen: { port: { env: MERCY_PORT, default: 6662 } }
  epic:
    connector: epic
    fhirBase: https://fhir.mercy.example/api/FHIR/R4
    clientId: 2c1f0d4e-6a55-4a0e-9d0a-1b2c3d4e5f60
    auth: { method: backend }
hl7:
  sends: { adt-in: ["ADT^A01", "ADT^A08"] }
  profiles:
    adt-in:
      version: "2.3"
      assigners: { MERCY: "urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14" }
      idTypes: { MR: mrn, AN: account }
      segments:
        ZPD: { about: what registration adds, fields: { 3: portal status } }
      triggers:
        ADT^A08: any change of registration, and a batch at 02:00
learn:
  Appointment: { method: poll, from: epic, every: 1m }
valueSets:
  appointment-status: { reviewed: 2026-09-01 }
quirks:
  no-visit-number-in-a08:
    what: A08 from the batch has no PV1-19
    where: adt-in
    seen: 2026-10-12
    does: the flow takes the newest open visit of the patient
calendar:
  staffed: [{ days: [Mon, Tue, Wed, Thu, Fri], from: 07:00, until: "18:00" }]
  holidays: { 2026-12-25: Christmas Day }
  maintenance:
    sunday-night: { weekly: { days: [Sun], from: "23:00", until: "02:00" }, connections: [epic] }
    upgrade: { starts: 2026-12-06T00:30, ends: 2026-12-06T04:00, note: to November 2026 }
people:
  desk: { name: Integration desk, side: site, roles: [interface engine analyst, support], confirmed: 2026-11-01 }
  network: { name: Network desk, side: site, roles: [network engineer], phone: "+1 555 0100", hours: always, confirmed: 2026-11-01 }
  lead: { name: Project lead, side: ours, roles: [project manager, support], email: lead@app.example, confirmed: 2026-11-01 }
  compliance: { name: Compliance office, side: site, roles: [operational owner, privacy reviewer], confirmed: 2026-11-01 }
owners: { site: lead, connections: { adt-in: desk } }
agreements:
  baa: { kind: BAA, given: 2026-01-15, expires: 2027-12-31, by: Compliance office }
  security: { kind: security review, given: 2026-02-01 }
network:
  vpn: { peer: vpn.mercy.example, since: 2026-02-10, contact: network }
  ourAddresses: [198.51.100.7]
  nat: { adt: { inside: 10.1.2.3, outside: 203.0.113.9 } }
  openings:
    adt: { from: 203.0.113.0/24, to: 198.51.100.7, port: 6662, connection: adt-in, asked: { by: lead, on: 2026-02-11 }, opened: { by: network, on: 2026-02-20 } }
goLive: 2026-06-01
lastRetest: 2026-05-20
`;
