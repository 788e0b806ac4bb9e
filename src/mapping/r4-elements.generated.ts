// Made by scripts/r4-elements.ts from r4.ts. Do not edit.
/** By type its elements, those of inline types by path; what has elements itself is followed by its type. */
export const r4Elements: Readonly<Record<string, string>> = {
  Address: 'id extension:Extension use type text line city district state postalCode country period:Period',
  Annotation: 'id extension:Extension authorReference:Reference authorString time text',
  Appointment:
    'id meta:Meta language contained:DomainResource.contained extension:Extension resourceType identifier:Identifier status cancelationReason:CodeableConcept serviceCategory:CodeableConcept serviceType:CodeableConcept specialty:CodeableConcept appointmentType:CodeableConcept reasonCode:CodeableConcept reasonReference:Reference priority description supportingInformation:Reference start end minutesDuration slot:Reference created comment patientInstruction basedOn:Reference participant:AppointmentParticipant requestedPeriod:Period',
  AppointmentParticipant: 'type:CodeableConcept actor:Reference required status period:Period',
  Attachment: 'id extension:Extension contentType language data url size hash title creation',
  CodeableConcept: 'id extension:Extension coding:Coding text',
  Coding: 'id extension:Extension system version code display userSelected',
  ContactPoint: 'id extension:Extension system value use rank period:Period',
  DocumentReference:
    'id meta:Meta language contained:DomainResource.contained extension:Extension resourceType masterIdentifier:Identifier identifier:Identifier status docStatus type:CodeableConcept category:CodeableConcept subject:Reference date author:Reference authenticator:Reference custodian:Reference relatesTo:DocumentReference.relatesTo description securityLabel:CodeableConcept content:DocumentReference.content context:DocumentReference.context',
  'DocumentReference.content': 'attachment:Attachment format:Coding',
  'DocumentReference.context':
    'encounter:Reference event:CodeableConcept period:Period facilityType:CodeableConcept practiceSetting:CodeableConcept sourcePatientInfo:Reference related:Reference',
  'DocumentReference.relatesTo': 'code target:Reference',
  DomainResource: 'id meta:Meta language contained:DomainResource.contained extension:Extension',
  'DomainResource.contained': 'resourceType id',
  Element: 'id extension:Extension',
  Encounter:
    'id meta:Meta language contained:DomainResource.contained extension:Extension resourceType identifier:Identifier status class:Coding type:CodeableConcept serviceType:CodeableConcept priority:CodeableConcept subject:Reference basedOn:Reference participant:EncounterParticipant appointment:Reference period:Period length:Quantity reasonCode:CodeableConcept reasonReference:Reference diagnosis:Encounter.diagnosis account:Reference hospitalization:EncounterHospitalization location:EncounterLocation serviceProvider:Reference partOf:Reference',
  'Encounter.diagnosis': 'condition:Reference rank',
  EncounterHospitalization:
    'preAdmissionIdentifier:Identifier origin:Reference admitSource:CodeableConcept reAdmission:CodeableConcept dietPreference:CodeableConcept specialCourtesy:CodeableConcept specialArrangement:CodeableConcept destination:Reference dischargeDisposition:CodeableConcept',
  EncounterLocation: 'location:Reference status physicalType:CodeableConcept period:Period',
  EncounterParticipant: 'type:CodeableConcept period:Period individual:Reference',
  Extension:
    'id extension:Extension url valueString valueCode valueBoolean valueInteger valueDateTime valueUri valueCoding:Coding valueCodeableConcept:CodeableConcept valueAddress:Address valueReference:Reference',
  HumanName: 'id extension:Extension use text family given prefix suffix period:Period',
  Identifier: 'id extension:Extension use type:CodeableConcept system value period:Period assigner:Reference',
  Location:
    'id meta:Meta language contained:DomainResource.contained extension:Extension resourceType identifier:Identifier name description mode physicalType:CodeableConcept type:CodeableConcept partOf:Reference',
  Meta: 'id extension:Extension versionId lastUpdated source profile security:Coding tag:Coding',
  ObservationValue:
    'valueQuantity:Quantity valueCodeableConcept:CodeableConcept valueString valueBoolean valueInteger valueRange:Range valueDateTime valueTime valuePeriod:Period dataAbsentReason:CodeableConcept interpretation:CodeableConcept referenceRange:ObservationValue.referenceRange',
  'ObservationValue.referenceRange': 'low:Quantity high:Quantity text',
  Patient:
    'id meta:Meta language contained:DomainResource.contained extension:Extension resourceType identifier:Identifier active name:HumanName telecom:ContactPoint gender birthDate _birthDate:Element deceasedBoolean deceasedDateTime address:Address maritalStatus:CodeableConcept multipleBirthBoolean multipleBirthInteger contact:PatientContact communication:Patient.communication generalPractitioner:Reference managingOrganization:Reference link:Patient.link',
  'Patient.communication': 'language:CodeableConcept preferred',
  'Patient.link': 'other:Reference type',
  PatientContact:
    'relationship:CodeableConcept name:HumanName telecom:ContactPoint address:Address gender organization:Reference period:Period',
  Period: 'id extension:Extension start end',
  Practitioner:
    'id meta:Meta language contained:DomainResource.contained extension:Extension resourceType identifier:Identifier name:HumanName qualification:Practitioner.qualification',
  'Practitioner.qualification': 'code:CodeableConcept',
  Quantity: 'id extension:Extension value comparator unit system code',
  Range: 'id extension:Extension low:Quantity high:Quantity',
  Reference: 'id extension:Extension reference type identifier:Identifier display',
};
