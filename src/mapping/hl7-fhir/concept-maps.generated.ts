/**
 * Code tables of HL7's v2-to-FHIR guide: HL7/v2-to-fhir, Apache-2.0, commit
 * 8c9b414be1729c98988b17e7fa86221fc8018c73.
 * Made by scripts/hl7-fhir-tables.ts: change that, not this. One line for each code: HL7 v2 code, FHIR code (empty: the
 * same), display, and the place of its system in the list.
 */
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
export const conceptSystems: readonly string[] = [
  "http://terminology.hl7.org/CodeSystem/v2-0371",
  "http://hl7.org/fhir/address-type",
  "http://hl7.org/fhir/address-use",
  "http://snomed.info/sct",
  "http://hl7.org/fhir/administrative-gender",
  "http://terminology.hl7.org/CodeSystem/v2-0432",
  "http://terminology.hl7.org/CodeSystem/v2-0007",
  "http://hl7.org/fhir/allergy-intolerance-category",
  "http://terminology.hl7.org/CodeSystem/v2-0127",
  "http://terminology.hl7.org/CodeSystem/v2-0128",
  "http://hl7.org/fhir/allergy-intolerance-criticality",
  "http://hl7.org/fhir/reaction-event-severity",
  "http://hl7.org/fhir/allergy-intolerance-type",
  "http://terminology.hl7.org/CodeSystem/v2-0161",
  "http://terminology.hl7.org/CodeSystem/encounter-special-arrangements",
  "http://terminology.hl7.org/CodeSystem/v2-0009",
  "http://terminology.hl7.org/CodeSystem/v2-0277",
  "http://terminology.hl7.org/CodeSystem/v2-0116",
  "http://terminology.hl7.org/CodeSystem/v2-0550",
  "http://terminology.hl7.org/CodeSystem/v2-0163",
  "http://terminology.hl7.org/CodeSystem/v2-0364",
  "http://hl7.org/fhir/event-status",
  "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
  "http://terminology.hl7.org/CodeSystem/v2-0177",
  "http://terminology.hl7.org/CodeSystem/v3-ActCode",
  "http://terminology.hl7.org/CodeSystem/v2-0131",
  "http://terminology.hl7.org/CodeSystem/v2-0360",
  "http://terminology.hl7.org/CodeSystem/diagnosis-role",
  "http://terminology.hl7.org/CodeSystem/v2-0074",
  "http://terminology.hl7.org/CodeSystem/v2-0272",
  "http://terminology.hl7.org/CodeSystem/v3-ActPriority",
  "http://terminology.hl7.org/CodeSystem/v3-ActReason",
  "http://terminology.hl7.org/CodeSystem/v2-0062",
  "http://terminology.hl7.org/CodeSystem/v3-TimingEvent",
  "http://terminology.hl7.org/CodeSystem/v2-0528",
  "http://hl7.org/fhir/encounter-status",
  "http://hl7.org/fhir/request-priority",
  "http://hl7.org/fhir/appointmentstatus",
  "http://terminology.hl7.org/CodeSystem/service-type",
  "http://terminology.hl7.org/CodeSystem/v2-0069",
  "http://terminology.hl7.org/CodeSystem/v2-0203",
  "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
  "http://terminology.hl7.org/CodeSystem/v2-0315",
  "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
  "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
  "http://terminology.hl7.org/CodeSystem/v2-0430",
  "http://terminology.hl7.org/CodeSystem/v2-0444",
  "http://hl7.org/fhir/name-use",
  "http://terminology.hl7.org/CodeSystem/v2-0080",
  "http://hl7.org/fhir/observation-status",
  "http://hl7.org/fhir/request-status",
  "",
  "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
  "http://terminology.hl7.org/CodeSystem/v2-0204",
  "http://terminology.hl7.org/CodeSystem/practitioner-role",
  "http://terminology.hl7.org/CodeSystem/v2-0004",
  "http://terminology.hl7.org/CodeSystem/v2-0185",
  "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
  "http://terminology.hl7.org/CodeSystem/v2-0215",
  "http://terminology.hl7.org/CodeSystem/v2-0092",
  "http://terminology.hl7.org/CodeSystem/v2-0063",
  "http://terminology.hl7.org/CodeSystem/v3-ReligiousAffiliation",
  "http://terminology.hl7.org/CodeSystem/v2-0335",
  "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation",
  "http://hl7.org/fhir/diagnostic-report-status",
  "http://terminology.hl7.org/CodeSystem/v2-0162",
  "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration",
  "http://terminology.hl7.org/CodeSystem/v2-0488",
  "http://terminology.hl7.org/CodeSystem/v2-0493",
  "http://terminology.hl7.org/CodeSystem/v2-0490",
  "http://terminology.hl7.org/CodeSystem/v2-0487",
  "http://hl7.org/fhir/contact-point-system",
  "http://hl7.org/fhir/contact-point-use",
  "http://terminology.hl7.org/CodeSystem/v2-0301",
  "http://terminology.hl7.org/CodeSystem/v2-0130",
  "http://terminology.hl7.org/CodeSystem/special-values",
  "http://hl7.org/fhir/specimen-status"
];

export const conceptTables: Readonly<Record<string, string>> = {
  "AdditivePreservative": `F10||10% Formalin|0
C32||3.2% Citrate|0
C38||3.8% Citrate|0
HCL6||6N HCL|0
ACDA||ACD Solution A|0
ACDB||ACD Solution B|0
ACET||Acetic Acid|0
AMIES||Amies transport medium|0
HEPA||Ammonium heparin|0
BACTM||Bacterial Transport medium|0
BOR||Borate Boric Acid|0
BOUIN||Bouin's solution|0
BF10||Buffered 10% formalin|0
WEST||Buffered Citrate (Westergren Sedimentation Rate)|0
BSKM||Buffered skim milk|0
CARS||Carson's Modified 10% formalin|0
CARY||Cary Blair Medium|0
CHLTM||Chlamydia transport medium|0
CTAD||CTAD (this should be spelled out if not universally understood)|0
ENT||Enteric bacteria transport medium|0
ENT+||Enteric plus|0
JKM||Jones Kendrick Medium|0
KARN||Karnovsky's fixative|0
LIA||Lithium iodoacetate|0
HEPL||Lithium/Li Heparin|0
M4||M4|0
M4RT||M4-RT|0
M5||M5|0
MICHTM||Michel's transport medium|0
MMDTM||MMD transport medium|0
HNO3||Nitric Acid|0
NONE||None|0
PAGE||Pages's Saline|0
PHENOL||Phenol|0
KOX||Potassium Oxalate|0
EDTK||Potassium/K EDTA|0
EDTK15||Potassium/K EDTA 15%|0
EDTK75||Potassium/K EDTA 7.5%|0
PVA||PVA (polyvinylalcohol)|0
RLM||Reagan Lowe Medium|0
SST||Serum Separator Tube (Polymer Gel)|0
SILICA||Siliceous earth, 12 mg|0
NAF||Sodium Fluoride|0
FL100||Sodium Fluoride, 100mg|0
FL10||Sodium Fluoride, 10mg|0
NAPS||Sodium polyanethol sulfonate 0.35% in 0.85% sodium chloride|0
HEPN||Sodium/Na Heparin|0
EDTN||Sodium/Na EDTA|0
SPS||SPS(this should be spelled out if not universally understood)|0
STUTM||Stuart transport medium|0
THROM||Thrombin|0
FDP||Thrombin NIH; soybean trypsin inhibitor (Fibrin Degradation Products)|0
THYMOL||Thymol|0
THYO||Thyoglycollate broth|0
TOLU||Toluene|0
URETM||Ureaplasma transport medium|0
VIRTM||Viral Transport medium|0`,
  "AddressType_Type": `M|postal|Postal|1
SH|postal|Postal|1`,
  "AddressType_Use": `BA|old|Old / Incorrect|2
BI|billing|Billing|2
C|temp|Temporary|2
B|work|Work|2
H|home|Home|2
O|work|Work|2`,
  "AdministrationMethod": `CH|419747000|Chew|3
DI|421682005|Dissolve|3
IS|421257003|Insert|3
SH|420606003|Shampoo|3
WA|422152000|Wash|3`,
  "AdministrativeSex": `F|female|Female|4
M|male|Male|4
O|other|Other|4
U|unknown|Unknown|4
A|other|Other|4
N|other|Other|4`,
  "AdmissionLevelOfCareCode": `AC||Acute|5
CH||Chronic|5
CO||Comatose|5
CR||Critical|5
IM||Improved|5
MO||Moribund|5`,
  "AdmissionType": `A||Accident|6
E||Emergency|6
L||Labor and Delivery|6
R||Routine|6
N||Newborn (Birth in healthcare facility)|6
U||Urgent|6
C||Elective|6`,
  "AllergenType_AllergyIntoleranceCategory": `DA|medication|Medication|7
FA|food|Food|7
EA|environment|Environment|7
AA|biologic|Biologic|7
PA|environment|Environment|7
LA|environment|Environment|7`,
  "AllergenType_AllergyIntoleranceOriginalCategory": `DA||Drug allergy|8
FA||Food allergy|8
MA||Miscellaneous allergy|8
MC||Miscellaneous contraindication|8
EA||Environmental allergy|8
AA||Animal allergy|8
PA||Plant allergy|8
LA||Pollen allergy|8`,
  "AllergySeverity_AllergyIntolerance.criticality-original": `SV||Severe|9
MO||Moderate|9
MI||Mild|9
U||Unknown|9`,
  "AllergySeverity_AllergyIntolerance.criticality": `SV|high|High Risk|10
MI|low|Low Risk|10`,
  "AllergySeverity_AllergyIntolerance.reaction.severity": `SV|severe|Severe|11
MO|moderate|Moderate|11
MI|mild|Mild|11`,
  "AllergyType": `DA|allergy|Allergy|12
FA|allergy|Allergy|12
MA|allergy|Allergy|12
EA|allergy|Allergy|12
AA|allergy|Allergy|12
PA|allergy|Allergy|12
LA|allergy|Allergy|12`,
  "AllowSubstitution": `N||Substitutions are NOT authorized. (This is the default - null.)|13
G||Allow generic substitutions.|13
T||Allow therapeutic substitutions|13`,
  "AmbulatoryStatus": `A2|wheel|Wheelchair|14
A3||Comatose; non-responsive|15
A4||Disoriented|15
A5||Vision impaired|15
A6||Hearing impaired|15
A7||Speech impaired|15
A8||Non-English speaking|15
A9||Functional level unknown|15
B1||Oxygen therapy|15
B2||Special equipment (tubes, IVs, catheters)|15
B3||Amputee|15
B4||Mastectomy|15
B5||Paraplegic|15
B6||Pregnant|15`,
  "AppointmentReasonCodes": `ROUTINE|3780001|Routine patient disposition, no follow-up planned|3
CHECKUP|866149003|Annual visit (procedure)|3
FOLLOWUP|185389009|Follow-up visit (procedure)|3
EMERGENCY|373110003|Emergency procedure (procedure)|3`,
  "AppointmentTypeCodes": `Normal||Routine schedule request type – default if not valued|16
Tentative||A request for a tentative (e.g., “penciled in”) appointment|16
Complete||A request to add a completed appointment, used to maintain records of completed appointments that did not appear in the schedule (e.g., STAT, walk-in, etc.)|16`,
  "BedStatus": `C||Closed|17
H||Housekeeping|17
O||Occupied|17
U||Unoccupied|17
K||Contaminated|17
I||Isolated|17`,
  "BodyParts": `JUGE||Jugular, External|18
ADB||Abdomen|18
ACET||Acetabulum|18
ACHIL||Achilles|18
ADE||Adenoids|18
ADR||Adrenal|18
AMN||Amniotic fluid|18
AMS||Amniotic Sac|18
ANAL||Anal|18
ANKL||Ankle|18
ANTEC||Antecubital|18
ANTECF||Antecubital Fossa|18
ANTR||Antrum|18
ANUS||Anus|18
AORTA||Aorta|18
AR||Aortic Rim|18
AV||Aortic Valve|18
APDX||Appendix|18
AREO||Areola|18
ARM||Arm|18
ARTE||Artery|18
ASCIT||Ascites|18
ASCT||Ascitic Fluid|18
ATR||Atrium|18
AURI||Auricular|18
AXI||Axilla|18
BACK||Back|18
BARTD||Bartholin Duct|18
BARTG||Bartholin Gland|18
BRTGF||Bartholin Gland Fluid|18
BPH||Basophils|18
BID||Bile Duct|18
BIFL||Bile fluid|18
BLAD||Bladder|18
BLOOD||Blood|18
BLDA||Blood, Arterial|18
BLDC||Blood, Capillary|18
BLDV||Blood, Venous|18
CBLD||Blood, Cord|18
BLD||Blood, Whole|18
BDY||Body, Whole|18
BON||Bone|18
BMAR||Bone marrow|18
BOWEL||Bowel|18
BOWLA||Bowel, Large|18
BOWSM||Bowel, Small|18
BRA||Brachial|18
BRAIN||Brain|18
BCYS||Brain Cyst Fluid|18
BRST||Breast|18
BRSTFL||Breast fluid|18
BRO||Bronchial|18
BROCH||Bronchiole/Bronchiolar|18
BRONC||Bronchus/Bronchial|18
BRV||Broviac|18
BUCCA||Buccal|18
BURSA||Bursa|18
BURSF||Bursa Fluid|18
BUTT||Buttocks|18
CALF||Calf|18
CANAL||Canal|18
CANLI||Canaliculis|18
CNL||Cannula|18
CANTH||Canthus|18
CDM||Cardiac Muscle|18
CARO||Carotid|18
CARP||Carpal|18
CAVIT||Cavity|18
CHE||Cavity, Chest|18
CECUM||Cecum/Cecal|18
CSF||Cerebral Spinal Fluid|18
CVX||Cervix|18
CERVUT||Cervix/Uterus|18
CHEEK||Cheek|18
CHES||Chest|18
CHESTÂ||Chest Tube|18
CHIN||Chin|18
CIRCU||Circumcision Site|18
CLAVI||Clavicle/Clavicular|18
CLITO||Clitoral|18
CLIT||Clitoris|18
COCCG||Coccygeal|18
COCCY||Coccyx|18
COLON||Colon|18
COLOS||Colostomy|18
COS||Colostomy Stoma|18
CDUCT||Common Duct|18
CONJ||Conjunctiva|18
CORAL||Coral|18
COR||Cord|18
CORD||Cord Blood|18
CORN||Cornea|18
CRANE||Cranium, ethmoid|18
CRANF||Cranium, frontal|18
CRANO||Cranium, occipital|18
CRANP||Cranium, parietal|18
CRANS||Cranium, sphenoid|18
CRANT||Cranium, temporal|18
CUBIT||Cubitus|18
CUFF||Cuff|18
CULD||Cul De Sac|18
CULDO||Culdocentesis|18
DELT||Deltoid|18
DENTA||Dental|18
DEN||Dental Gingiva|18
DIAF||Dialysis Fluid|18
DPH||Diaphragm|18
DIGIT||Digit|18
DISC||Disc|18
DORS||Dorsum/Dorsal|18
DUFL||Duodenal Fluid|18
DUODE||Duodenum/Duodenal|18
DUR||Dura|18
EAR||Ear|18
EARBI||Ear bone, incus|18
EARBM||Ear bone, malleus|18
EARBS||Ear bone,stapes|18
EARLO||Ear Lobe|18
ELBOW||Elbow|18
ELBOWJ||Elbow Joint|18
ENDC||Endocardium|18
EC||Endocervical|18
EOLPH||endolpthamitis|18
ENDM||Endometrium|18
ET||Endotracheal|18
EUR||Endourethral|18
EOS||Eosinophils|18
EPICA||Epicardial|18
EPICM||Epicardium|18
EPD||Epididymis|18
EPIDU||Epidural|18
EPIGL||Epiglottis|18
ESOPG||Esophageal|18
ESO||Esophagus|18
ETHMO||Ethmoid|18
Â||External Jugular|18
EYE||Eye|18
BROW||Eyebrow|18
EYELI||Eyelid|18
FACE||Face|18
FBINC||Facial bone, inferior nasal concha|18
FBLAC||Facial bone, lacrimal|18
FBMAX||Facial bone, maxilla|18
FBNAS||Facial bone, nasal|18
FBPAL||Facial bone, palatine|18
FBVOM||Facial bone, vomer|18
FBZYG||Facial bone, zygomatic|18
FALLT||Fallopian Tube|18
FEMOR||Femoral|18
FMH||Femoral Head|18
FEMUR||Femur|18
FET||Fetus|18
FIBU||Fibula|18
FING||Finger|18
FINGN||Finger Nail|18
FOL||Follicle|18
FOOT||Foot|18
FOREA||Forearm|18
FOREH||Forehead|18
FORES||Foreskin|18
FOURC||Fourchette|18
GB||Gall Bladder|18
GEN||Genital|18
GVU||Genital - Vulva|18
GENC||Genital Cervix|18
GL||Genital Lesion|18
GENL||Genital Lochia|18
GLAND||Gland|18
GLANS||Glans|18
GLUTE||Gluteal|18
GLUT||Gluteus|18
GLUTM||Gluteus Medius|18
GROIN||Groin|18
GUM||Gum|18
HAR||Hair|18
HAL||Hallux|18
HAND||Hand|18
HEAD||Head|18
HART||Heart|18
HV||Heart Valve|18
HVB||Heart Valve, Bicuspid|18
HVT||Heart Valve, Tricuspid|18
HEEL||Heel|18
HEM||Hemorrhoid|18
HIP||Hip|18
HIPJ||Hip Joint|18
HUMER||Humerus|18
HYMEN||Hymen|18
ILC||Ileal Conduit|18
ILE||Ileal Loop|18
ILEOS||Ileostomy|18
ILEUM||Ileum|18
ILIAC||Iliac|18
ILCR||Iliac Crest|18
ILCON||Ilical Conduit|18
INGUI||Inguinal|18
JUGI||Jugular, Internal|18
INT||Intestine|18
ICX||Intracervical|18
INASA||Intranasal|18
INTRU||Intrauterine|18
INTRO||Introitus|18
ISCHI||Ischium|18
JAW||Jaw|18
KIDNÂ||Kidney|18
KNEE||Knee|18
KNEEF||Knee Fluid|18
KNEEJ||Knee Joint|18
LABIA||Labia|18
LABMA||Labia Majora|18
LABMI||Labia Minora|18
LACRI||Lacrimal|18
LAM||Lamella|18
INSTL||Intestine, Large|18
LARYN||Larynx|18
LEG||Leg|18
LENS||Lens|18
WBC||Leukocytes|18
LING||Lingual|18
LINGU||Lingula|18
LIP||Lip|18
STOOLL||Liquid Stool|18
LIVER||Liver|18
LOBE||Lobe|18
LOCH||Lochia|18
ISH||Loop, Ishial|18
LUMBA||Lumbar|18
LMN||Lumen|18
LUNG||Lung|18
LN||Lymph Node|18
LNG||Lymph Node, Groin|18
LYM||Lymphocytes|18
MAC||Macrophages|18
MALLE||Malleolus|18
MANDI||Mandible/Mandibular|18
MAR||Marrow|18
MAST||Mastoid|18
MAXIL||Maxilla/Maxillary|18
MAXS||Maxillary Sinus|18
MEATU||Meatus|18
MEC||Meconium|18
MEDST||Mediastinum|18
MEDU||Medullary|18
MOU||Membrane|18
MPB||Meninges|18
METAC||Metacarpal|18
METAT||Metatarsal|18
MILK||Milk, Breast|18
MITRL||Mitral Valve|18
MOLAR||Molar|18
MP||Mons Pubis|18
MONSU||Mons Ureteris|18
MONSV||Mons Veneris(Mons Pubis)|18
MOUTH||Mouth|18
MRSA2||Mrsa:|18
MYO||Myocardium|18
NAIL||Nail|18
NAILB||Nail Bed|18
NAILF||Nail, Finger|18
NAILT||Nail, Toe|18
NARES||Nares|18
NASL||Nasal|18
NSS||Nasal Septum|18
NLACR||Nasolacrimal|18
NP||Nasopharyngeal/Nasopharynx|18
NTRAC||Nasotracheal|18
NAVEL||Navel|18
NECK||Neck|18
NERVE||Nerve|18
NIPPL||Nipple|18
NOS||Nose (Nasal Passage)|18
NOSE||Nose/Nose(outside)|18
NOSTR||Nostril|18
OCCIP||Occipital|18
OLECR||Olecranon|18
OMEN||Omentum|18
ORBIT||Orbit/Orbital|18
ORO||Oropharynx|18
OSCOX||Os coxa (pelvic girdle)|18
OVARY||Ovary|18
PALAT||Palate|18
PLATH||Palate, Hard|18
PLATS||Palate, Soft|18
PALM||Palm|18
PANCR||Pancreas|18
PAFL||Pancreatic Fluid|18
PAS||Parasternal|18
PARAT||Paratracheal|18
PARIE||Parietal|18
PARON||Paronychia|18
PAROT||Parotid/Parotid Gland|18
PATEL||Patella|18
PELV||Pelvis|18
PENSH||Penile Shaft|18
PENIS||Penis|18
PANAL||Perianal/Perirectal|18
PERI||Pericardial Fluid|18
PCARD||Pericardium|18
PCLIT||Periclitoral|18
PERIH||Perihepatic|18
PNEAL||Perineal|18
PERIN||Perineal Abscess|18
PNEPH||Perinephric|18
PNM||Perineum|18
PORBI||Periorbital|18
PERRA||Perirectal|18
PERIS||Perisplenic|18
PER||Peritoneal|18
PERT||Peritoneal Fluid|18
PERIT||Peritoneum|18
PTONS||Peritonsillar|18
PERIU||Periurethal|18
PERIV||Perivesicular|18
PHALA||Phalanyx|18
PILO||Pilonidal|18
PINNA||Pinna|18
PLC||Placenta|18
PLACF||Placenta (Fetal Side)|18
PLACM||Placenta (Maternal Side)|18
PLANT||Plantar|18
PLEUR||Pleura|18
PLEU||Pleural Fluid|18
PLR||Pleural Fluid (Thoracentesis Fld)|18
POPLI||Popliteal|18
PREAU||Preauricular|18
PRERE||Prerenal|18
PRST||Prostate Gland|18
PROS||Prostatic Fluid|18
PUBIC||Pubic|18
PUL||Pulmonary Artery|18
RADI||Radial|18
RADIUS||Radius|18
RECTL||Rectal|18
RECTU||Rectum|18
RBC||Red Blood Cells|18
RENL||Renal|18
RNP||Renal Pelvis|18
RPERI||Retroperitoneal|18
RIB||Rib|18
SACRA||Sacral|18
SACRO||Sacrococcygeal|18
SACIL||Sacroiliac|18
SACRU||Sacrum|18
SALGL||Salivary Gland|18
SCALP||Scalp|18
SCAPU||Scapula/Scapular|18
SCLER||Sclera|18
SCROT||Scrotum/Scrotal|18
SEMN||Semen|18
SEM||Seminal Fluid|18
SEPTU||Septum/Septal|18
SEROM||Seroma|18
SHIN||Shin|18
SHOLJ||Sholder Joint|18
SHOL||Shoulder|18
SIGMO||Sigmoid|18
SINUS||Sinus|18
SKM||Skeletal Muscle|18
SKENE||Skene's Gland|18
SKULL||Skull|18
INSTS||Intestine, Small|18
SOLE||Sole|18
SPRM||Spermatozoa|18
SPHEN||Sphenoid|18
SPCOR||Spinal Cord|18
SPLN||Spleen|18
STER||Sternum/Sternal|18
STOM||Stoma|18
USTOM||Stoma, Urinary|18
STOMA||Stomach|18
STUMP||Stump|18
SCLV||Sub Clavian|18
SDP||Subdiaphramatic|18
SUB||Subdural|18
SUBD||Subdural Fluid|18
SGF||Subgaleal Fluid|18
SUBM||Submandibular|18
SUBX||Submaxillary|18
SUBME||Submental|18
SUBPH||Subphrenic|18
SPX||Supra Cervical|18
SCLAV||Supraclavicle/Supraclavicular|18
SUPRA||Suprapubic|18
SUPB||Suprapubic Specimen|18
SWT||Sweat|18
SWTG||Sweat Gland|18
SYNOL||Synovial|18
SYN||Synovial Fluid|18
SYNOV||Synovium|18
TARS||Tarsal|18
TDUCT||Tear Duct|18
TEAR||Tears|18
TEMPL||Temple|18
TEMPO||Temporal|18
TML||Temporal Lobe|18
TESTI||Testicle(Testis)|18
THIGH||Thigh|18
THORA||Thorax/Thoracic/Thoracentesis|18
THRB||Throat|18
THUMB||Thumb|18
TNL||Thumbnail|18
THM||Thymus|18
THYRD||Thyroid|18
TIBIA||Tibia|18
TOE||Toe|18
TOEN||Toe Nail|18
TONG||Tongue|18
TONS||Tonsil|18
TOOTH||Tooth|18
TSK||Tooth Socket|18
TRCHE||Trachea/Tracheal|18
TBRON||Transbronchial|18
TCN||Transcarina Asp|18
ULNA||Ulna/Ulnar|18
UMB||Umbilical Blood|18
UMBL||Umbilicus/Umbilical|18
URET||Ureter|18
URTH||Urethra|18
UTERI||Uterine|18
SAC||Uterine Cul/De/Sac|18
UTER||Uterus|18
VAGIN||Vagina/Vaginal|18
VCUFF||Vaginal Cuff|18
VGV||Vaginal Vault|18
VAL||Valve|18
VAS||Vas Deferens|18
VASTL||Vastus Lateralis|18
VAULT||Vault|18
VEIN||Vein|18
VENTG||Ventragluteal|18
VCSF||Ventricular CSF|18
VERMI||Vermis Cerebelli|18
VERTC||Vertebra, cervical|18
VERTL||Vertebra, lumbar|18
VERTT||Vertebra, thoracic|18
VESI||Vesicle|18
VESCL||Vesicular|18
VESFLD||Vesicular Fluid|18
VESTI||Vestibule(Genital)|18
VITR||Vitreous Fluid|18
VOC||Vocal Cord|18
VULVA||Vulva|18
WRIST||Wrist|18`,
  "BodySite": `BE||Bilateral Ears|19
OU||Bilateral Eyes|19
BN||Bilateral Nares|19
BU||Buttock|19
CT||Chest Tube|19
LA||Left Arm|19
LAC||Left Anterior Chest|19
LACF||Left Antecubital Fossa|19
LD||Left Deltoid|19
LE||Left Ear|19
LEJ||Left External Jugular|19
OS||Left Eye|19
LF||Left Foot|19
LG||Left Gluteus Medius|19
LH||Left Hand|19
LIJ||Left Internal Jugular|19
LLAQ||Left Lower Abd Quadrant|19
LLFA||Left Lower Forearm|19
LMFA||Left Mid Forearm|19
LN||Left Naris|19
LPC||Left Posterior Chest|19
LSC||Left Subclavian|19
LT||Left Thigh|19
LUA||Left Upper Arm|19
LUAQ||Left Upper Abd Quadrant|19
LUFA||Left Upper Forearm|19
LVG||Left Ventragluteal|19
LVL||Left Vastus Lateralis|19
NB||Nebulized|19
PA||Perianal|19
PERIN||Perineal|19
RA||Right Arm|19
RAC||Right Anterior Chest|19
RACF||Right Antecubital Fossa|19
RD||Right Deltoid|19
RE||Right Ear|19
REJ||Right External Jugular|19
OD||Right Eye|19
RF||Right Foot|19
RG||Right Gluteus Medius|19
RH||Right Hand|19
RIJ||Right Internal Jugular|19
RLAQ||Rt Lower Abd Quadrant|19
RLFA||Right Lower Forearm|19
RMFA||Right Mid Forearm|19
RN||Right Naris|19
RPC||Right Posterior Chest|19
RSC||Right Subclavian|19
RT||Right Thigh|19
RUA||Right Upper Arm|19
RUAQ||Right Upper Abd Quadrant|19
RUFA||Right Upper Forearm|19
RVL||Right Vastus Lateralis|19
RVG||Right Ventragluteal|19`,
  "CommentType": `PI||Patient Instructions|20
AI||Ancillary Instructions|20
GI||General Instructions|20
1R||Primary Reason|20
2R||Secondary Reason|20
GR||General Reason|20
RE||Remark|20
DR||Duplicate/Interaction Reason|20`,
  "CompletionStatus": `CP|completed|Completed|21
RE|not-done|Not Done|21
NA|not-done|Not Done|21
PA|completed|Completed|21`,
  "ConfidentialityCode": `V||very restricted|22
R||restricted|22
U||Usual control|23
EMP||employee information sensitivity|24
UWM||Unwed mother|23
VIP||Very important person or celebrity|23
PSY||psychiatry relate|22
AID|HIV|HIV related|22
HIV||HIV related|22
ETH|ETHUD|alcohol use disorder information sensitivity|24`,
  "ContactRole": `E||Employer|25
C||Emergency Contact|25
F||Federal Agency|25
I||Insurance Company|25
N||Next-of-Kin|25
S||State Agency|25
O||Other|25
U||Unknown|25`,
  "DegreeLicenseCertificate": `PN||Advanced Practice Nurse|26
AAS||Associate of Applied Science|26
AA||Associate of Arts|26
ABA||Associate of Business Administration|26
AE||Associate of Engineering|26
AS||Associate of Science|26
BA||Bachelor of Arts|26
BBA||Bachelor of Business Administration|26
BE||Bachelor or Engineering|26
BFA||Bachelor of Fine Arts|26
BN||Bachelor of Nursing|26
BS||Bachelor of Science|26
BSL||Bachelor of Science - Law|26
BSN||Bachelor on Science - Nursing|26
BT||Bachelor of Theology|26
CER||Certificate|26
CANP||Certified Adult Nurse Practitioner|26
CMA||Certified Medical Assistant|26
CNP||Certified Nurse Practitioner|26
CNM||Certified Nurse Midwife|26
CRN||Certified Registered Nurse|26
CNS||Certified Nurse Specialist|26
CPNP||Certified Pediatric Nurse Practitioner|26
CTR||Certified Tumor Registrar|26
DIP||Diploma|26
DBA||Doctor of Business Administration|26
DED||Doctor of Education|26
PharmD||Doctor of Pharmacy|26
PHE||Doctor of Engineering|26
PHD||Doctor of Philosophy|26
PHS||Doctor of Science|26
MD||Doctor of Medicine|26
DO||Doctor of Osteopathy|26
EMT||Emergency Medical Technician|26
EMTP||Emergency Medical Technician - Paramedic|26
FPNP||Family Practice Nurse Practitioner|26
HS||High School Graduate|26
JD||Juris Doctor|26
MA||Master of Arts|26
MBA||Master of Business Administration|26
MCE||Master of Civil Engineering|26
MDI||Master of Divinity|26
MED||Master of Education|26
MEE||Master of Electrical Engineering|26
ME||Master of Engineering|26
MFA||Master of Fine Arts|26
MME||Master of Mechanical Engineering|26
MS||Master of Science|26
MSL||Master of Science - Law|26
MSN||Master of Science - Nursing|26
MTH||Master of Theology|26
MDA||Medical Assistant|26
MT||Medical Technician|26
NG||Non-Graduate|26
NP||Nurse Practitioner|26
PA||Physician Assistant|26
RMA||Registered Medical Assistant|26
RN||Registered Nurse|26
RPH||Registered Pharmacist|26
SEC||Secretarial Certificate|26
TS||Trade School Graduate|26`,
  "DiagnosisType": `A|AD|Admission Diagnosis|27`,
  "DiagnosticServiceSectionID": `AU||Audiology|28
BG||Blood Gases|28
BLB||Blood Bank|28
CG||Cytogenetics|28
CUS||Cardiac Ultrasound|28
CTH||Cardiac Catheterization|28
CT||CAT Scan|28
CH||Chemistry|28
CP||Cytopathology|28
EC||Electrocardiac (e.g., EKG, EEC, Holter)|28
EN||Electroneuro (EEG, EMG,EP,PSG)|28
GE||Genetics|28
HM||Hematology|28
ICU||Bedside ICU Monitoring|28
IMM||Immunology|28
LAB||Laboratory|28
MB||Microbiology|28
MCB||Mycobacteriology|28
MYC||Mycology|28
NMS||Nuclear Medicine Scan|28
NMR||Nuclear Magnetic Resonance|28
NRS||Nursing Service Measures|28
OUS||OB Ultrasound|28
OT||Occupational Therapy|28
OTH||Other|28
OSL||Outside Lab|28
PHR||Pharmacy|28
PT||Physical Therapy|28
PHY||Physician (Hx. Dx, admission note, etc.)|28
PF||Pulmonary Function|28
RAD||Radiology|28
RX||Radiograph|28
RUS||Radiology Ultrasound|28
RC||Respiratory Care (therapy)|28
RT||Radiation Therapy|28
SR||Serology|28
SP||Surgical Pathology|28
TX||Toxicology|28
VUS||Vascular Ultrasound|28
VR||Virology|28
XRC||Cineradiograph|28`,
  "DocumentConfidentialityStatus": `V||Very restricted|29
R||Restricted|29
U||Usual control|29`,
  "EncounterPriority": `1|EM|emergency|30
2|UR|urgent|30
3|EL|elective|30`,
  "EventReason": `01|PATRQT|patient requested|31
02|TREAT|treatment|31
03|HOPERAT|healthcare operations|31
O||Other|32
U||Unknown|32`,
  "EventRelatedPeriod": `HS||HS|33
AC||AC|33
PC||PC|33
IC||between meals (from lat. inter cibus)|34
ACM||ACM|33
ACD||ACD|33
ACV||ACV|33
PCM||PCM|33
PCD||PCD|33
PCV||PCV|33
ICM||between breakfast and lunch|34
ICD||between lunch and dinner|34
ICV||between dinner and the hour of sleep|34`,
  "Event_EncounterStatus": `A01|in-progress|In Progress|35
A02|in-progress|In Progress|35
A03|finished|Finished|35
A04|planned|Planned|35
A05|planned|Planned|35
A08|unknown|Unknown|35
A11|cancelled|Cancelled|35
A13|in-progress|In Progress|35`,
  "ExtendedPriorityCodes": `S|stat|STAT|36
A|asap|ASAP|36
R|routine|Routine|36`,
  "FillerStatusCodes_Appointment": `Pending|pending|Pending|37
Waitlist|waitlist|Waitlisted|37
Booked|booked|Booked|37
Started|checked-in|Checked In|37
Complete|fulfilled|Fulfilled|37
Cancelled|cancelled|Cancelled|37
Deleted|entered-in-error|Entered In Error|37
Noshow|noshow|No Show|37`,
  "HospitalService": `MED|382|Medical Services|38
SUR||Surgical Service|39
URO|222|Urology|38
PUL||Pulmonary Service|39
CAR||Cardiac Service|39`,
  "IdentifierType": `ACSN||Accession ID|40
AM||American Express|40
AMA||American Medical Association Number|40
AN||Account number|40
ANON||Anonymous identifier|40
ANC||Account number Creditor|40
AND||Account number debitor|40
ANT||Temporary Account Number|40
APRN||Advanced Practice Registered Nurse number|40
ASID||Ancestor Specimen ID|40
BA||Bank Account Number|40
BC||Bank Card Number|40
BCT||Birth Certificate|40
BR||Birth registry number|40
BRN||Breed Registry Number|40
BSNR||Primary physician office number|40
CC||Cost Center number|40
CONM||Change of Name Document|40
CZ||Citizenship Card|40
CY||County number|40
DDS||Dentist license number|40
DEA||Drug Enforcement Administration registration number|40
DI||Diner’s Club card|40
DFN||Drug Furnishing or prescriptive authority Number|40
DL||Driver’s license number|40
DN||Doctor number|40
DO||Osteopathic License number|40
DP||Diplomatic Passport|40
DPM||Podiatrist license number|40
DR||Donor Registration Number|40
DS||Discover Card|40
EI||Employee number|40
EN||Employer number|40
ESN||Staff Enterprise Number|40
FI||Facility ID|40
GI||Guarantor internal identifier|40
GL||General ledger number|40
GN||Guarantor external identifier|40
HC||Health Card Number|40
JHN||Jurisdictional health number (Canada)|40
IND||Indigenous/Aboriginal|40
LACSN||Laboratory Accession ID|40
LANR||Lifelong physician number|40
LI||Labor and industries number|40
LN||License number|40
LR||Local Registry ID|40
MA||Patient Medicaid number|40
MB||Member Number|40
MC||Patient’s Medicare number|40
MCD||Practitioner Medicaid number|40
MCN||Microchip Number|40
MCR||Practitioner Medicare number|40
MCT||Marriage Certificate|40
MD||Medical License number|40
MI||Military ID number|40
MR||Medical record number|40
MRT||Temporary Medical Record Number|40
MS||MasterCard|40
NBSNR||Secondary physician office number|40
NCT||Naturalization Certificate|40
NE||National employer identifier|40
NH||National Health Plan Identifier|40
NI||National unique individual identifier|40
NII||National Insurance Organization Identifier|40
NIIP||National Insurance Payor Identifier (Payor)|40
NNxxx||National Person Identifier where the xxx is the ISO table 3166 3-character (alphabetic) country code|40
NP||Nurse practitioner number|40
NPI||National provider identifier|40
OD||Optometrist license number|40
PA||Physician Assistant number|40
PC||Parole Card|40
PCN||Penitentiary/correctional institution Number|40
PE||Living Subject Enterprise Number|40
PEN||Pension Number|40
PI||Patient internal identifier|40
PN||Person number|40
PNT||Temporary Living Subject Number|40
PPIN||Medicare/CMS Performing Provider Identification Number|40
PPN||Passport number|40
PRC||Permanent Resident Card Number|40
PRN||Provider number|40
PT||Patient external identifier|40
QA||QA number|40
RI||Resource identifier|40
RPH||Pharmacist license number|40
RN||Registered Nurse Number|40
RR||Railroad Retirement number|40
RRI||Regional registry ID|40
RRP||Railroad Retirement Provider|40
SID||Specimen ID|40
SL||State license|40
SN||Subscriber Number|40
SP||Study Permit|40
SR||State registry ID|40
SS||Social Security number|40
TAX||Tax ID number|40
TN||Treaty Number/ (Canada)|40
TPR||Temporary Permanent Resident (Canada)|40
U||Unspecified identifier|40
UPIN||Medicare/CMS (formerly HCFA)’s Universal Physician Identification numbers|40
USID||Unique Specimen ID|40
VN||Visit number|40
VP||Visitor Permit|40
VS||VISA|40
WC||WIC identifier|40
WCN||Workers’ Comp Number|40
WP||Work Permit|40
XX||Organization identifier|40`,
  "InterpretationCodes": `<||Off scale low|41
>||Off scale high|41
A||Abnormal|41
AA||Critical abnormal|41
B||Better|41
CAR||Carrier|41
D||Significant change down|41
DET||Detected|41
E||Equivocal|41
EX||outside threshold|41
EXP||Expected|41
H||High|41
HH||Critical high|41
HU||Significantly high|41
I||Intermediate|41
IE||Insufficient evidence|41
IND||Indeterminate|41
L||Low|41
LL||Critical low|41
LU||Significantly low|41
MS||moderately susceptible|41
N||Normal|41
NCL||No CLSI defined breakpoint|41
ND||Not detected|41
NEG||Negative|41
NR||Non-reactive|41
NS||Non-susceptible|41
POS||Positive|41
R||Resistant|41
RR||Reactive|41
S||Susceptible|41
SDD||Susceptible-dose dependent|41
SYN-R||Synergy - resistant|41
SYN-S||Synergy - susceptible|41
U||Significant change up|41
VS||very susceptible|41
UNE||Unexpected|41
W||Worse|41
WR||Weakly reactive|41`,
  "LivingWillCode": `Y||Yes, patient has a living will|42
F||Yes, patient has a living will but it is not on file|42
N||No, patient does not have a living will and no information was provided|42
I||No, patient does not have a living will but information was provided|42
U||Unknown|42`,
  "MaritalStatus": `A|L|Legally Separated|43
D||Divorced|43
M||Married|43
S||Never Married|43
W||Widowed|43
C||Common Law|43
G|T|Domestic partner|43
P|T|Domestic partner|43
R|T|Domestic partner|43
E|L|Legally Separated|43
N|A|Annulled|43
I||Interlocutory|43
B|U|unmarried|43
U|UNK|Unknown|44
O|OTH|Other|44
T|NAVU|Not available|44`,
  "ModeOfArrivalCode": `A||Ambulance|45
C||Car|45
F||On foot|45
H||Helicopter|45
P||Public Transport|45
O||Other|45
U||Unknown|45`,
  "NameAssemblyOrder": `G||Prefix Given Middle Family Suffix|46
F||Prefix Family Middle Given Suffix|46`,
  "NameType": `BAD|old|Old|47
D|usual|Usual|47
L|official|Official|47
M|maiden|Name changed for Marriage|47
MSK|anonymous|Anonymous|47
N|nickname|Nickname|47
NAV|temp|temp|47
R|official|Official|47
TEMP|temp|Temp|47`,
  "NatureOfAbnormalTesting": `A||An age-based population|48
N||None - generic normal range|48
R||A race-based population|48
S||A sex-based population|48
SP||Species|48
B||Breed|48
ST||Strain|48`,
  "ObservationResultStatusCodesInterpretation": `A|amended|Amended|49
C|corrected|Corrected|49
D|entered-in-error|Entered in Error|49
F|final|Final|49
P|preliminary|Preliminary|49
X|cancelled||49
W|entered-in-error|Entered in Error|49`,
  "OrderControlCode_ServiceRequest.status": `AF|active|Active|50
CA|active|Active|50
CR|revoked|Revoked|50
DC|revoked|Revoked|50
DF|revoked|Revoked|50
DR|revoked|Revoked|50
FU|completed|Completed|50
HD|active|Active|50
HR|on-hold|On Hold|50
NW|active|Active|50
OC|revoked|Revoked|50
OD|revoked|Revoked|50
OH|on-hold|On Hold|50
OK|active|Active|50
PR|active|Active|50
PY|active|Active|50
RL|active|Active|50
RO|active|Active|50
RQ|active|Active|50`,
  "OrderStatus": `CA|revoked|http://hl7.org/fhir/request-status|51
CM|completed|http://hl7.org/fhir/request-status|51
DC|revoked|http://hl7.org/fhir/request-status|51
ER|entered-in-error|http://hl7.org/fhir/request-status|51
HD|on-hold|http://hl7.org/fhir/request-status|51
IP|active|http://hl7.org/fhir/request-status|51
RP|revoked|http://hl7.org/fhir/request-status|51
SC|active|http://hl7.org/fhir/request-status|51`,
  "OrderType": `I|HOSP|Hospital|52
O|OF|Outpatient facility|52`,
  "OrganizationalNameType": `A||Alias name|53
L||Legal name|53
D||Display name|53
SL||Stock exchange listing name|53`,
  "Participation": `PH|pharmacist|Pharmacist|54`,
  "PatientClass_EncounterClass": `E|EMER||24
I|IMP||24
O|AMB||24
P|PRENC||24
R|||55
B|||55
C|||55
N|||55
U|||55`,
  "PatientClass_EncounterStatus": `E|in-progress||35
I|in-progress||35
O|in-progress||35
P|planned||35
R|in-progress||35
B|in-progress||35
C|in-progress||35
N|in-progress||35
U|unknown||35`,
  "PractitionerIDNumberType": `CY||http://terminology.hl7.org/CodeSystem/v2-0338|51
DEA||http://terminology.hl7.org/CodeSystem/v2-0338|51
GL||http://terminology.hl7.org/CodeSystem/v2-0338|51
LI||http://terminology.hl7.org/CodeSystem/v2-0338|51
L&I|LI|http://terminology.hl7.org/CodeSystem/v2-0338|51
MCD||http://terminology.hl7.org/CodeSystem/v2-0338|51
MCR||http://terminology.hl7.org/CodeSystem/v2-0338|51
QA||http://terminology.hl7.org/CodeSystem/v2-0338|51
SL||http://terminology.hl7.org/CodeSystem/v2-0338|51
TAX||http://terminology.hl7.org/CodeSystem/v2-0203|51
TRL||http://terminology.hl7.org/CodeSystem/v2-0338|51
UPIN||http://terminology.hl7.org/CodeSystem/v2-0338|51`,
  "PreferredMethodOfContact": `B||Beeper Number|56
C||Cellular Phone Number|56
E||E-Mail Address (for backward compatibility)|56
F||FAX Number|56
H||Home Phone Number|56
O||Office Phone Number|56`,
  "ProcessingID": `D||http://terminology.hl7.org/CodeSystem/v2-0103|51
P||http://terminology.hl7.org/CodeSystem/v2-0103|51
T||http://terminology.hl7.org/CodeSystem/v2-0103|51
N||http://terminology.hl7.org/CodeSystem/v2-0103|51
V||http://terminology.hl7.org/CodeSystem/v2-0103|51`,
  "ProcessingMode": `A||http://terminology.hl7.org/CodeSystem/v2-0207|51
R||http://terminology.hl7.org/CodeSystem/v2-0207|51
I||http://terminology.hl7.org/CodeSystem/v2-0207|51
T||http://terminology.hl7.org/CodeSystem/v2-0207|51`,
  "ProviderRole": `AD|ADM|admitter|57
AT|ATND|attender|57
CP|CON|consultant|57
PP|446050000|PCP - Primary care physician|3
RP|REF|referrer|57
PI|40570005|Interpreter|3`,
  "PublicityCode": `F||Family only|58
N||No Publicity|58
O||Other|58
U||Unknown|58`,
  "ReadmissionIndicator": `R||Re-admission|59`,
  "Relationship": `SEL|ONESELF|self|52
SPO|SPS|spouse|52
DOM|SIGOTHR|significant other|52
CHD|CHILD|child|52
GCH|GRNDCHILD|grandchild|52
NCH|NCHILD|natural child|52
SCH|STPCHLD|step child|52
FCH|CHLDFOST|foster child|52
DEP||Handicapped dependent|60
WRD||Ward of court|60
PAR|PRN|parent|52
MTH||mother|52
FTH||father|52
CGV||Care giver|60
GRD||Guardian|60
GRP|GRPRN|grandparent|52
EXF|EXT|extended family member|52
SIB||sibling|52
BRO||brother|52
SIS||sister|52
FND|FRND|unrelated friend|52
OAD||Other adult|60
EME||Employee|60
EMR|E|Employer|25
ASC||Associate|60
EMC|C|Emergency Contact|25
OWN||Owner|60
TRA||Trainer|60
MGR||Manager|60
NON||None|60
UNK|U|Unknown|25
OTH|O|Other|25`,
  "Religion": `A|1007|Atheism|61
B|1009|Baptist|61
E|1069|Episcopalian|61
J|1026|Judaism|61
L|1028|Lutheran|61
M|1027|Latter Day Saints|61
N|1020|Hinduism|61
P|1077|Protestant|61
AGN|1004|Agnosticism|61
ATH|1007|Atheism|61
BAH|1008|Babi & Baha'I faiths|61
BRE|1062|Brethren|61
BMA|1029|Mahayana|61
BTH|1051|Theravada|61
CHR|1013|Christian (non-Catholic, non-specific)|61
ANG|1005|Anglican|61
AOG|1061|Assembly of God|61
BAP|1009|Baptist|61
CRR|1079|Reformed|61
CHS|1063|Christian Scientist|61
COC|1064|Church of Christ|61
COG|1065|Church of God|61
COL|1066|Congregational|61
EOT|1068|Eastern Orthodox|61
EPI|1069|Episcopalian|61
FRQ|1071|Friends|61
FUL|1072|Full Gospel|61
JWN|1025|Jehovah's Witnesses|61
MOM|1027|Latter Day Saints|61
LUT|1028|Lutheran|61
MET|1073|Methodist|61
NAZ|1075|Nazarene|61
ORT|1036|Orthodox|61
PEN|1038|Pentecostal|61
PRE|1076|Presbyterian|61
PRO|1077|Protestant|61
PRC|1078|Protestant, No Denomination|61
QUA|1071|Friends|61
REC|1079|Reformed|61
CAT|1041|Roman Catholic Church|61
SAA|1080|Salvation Army|61
SEV|1001|Adventist|61
UCC|1082|United Church of Christ|61
UNI|1052|Unitarian-Universalism|61
UNU|1081|Unitarian Universalist|61
CNF|1014|Confucianism|61
DOC|1067|Disciples of Christ|61
HSH|1020|Hinduism|61
HVA|1020|Hinduism|61
HOT|1020|Hinduism|61
JAI|1024|Jainism|61
MOS|1023|Islam|61
MSH|1045|Shiite (Islam)|61
MSU|1049|Sunni (Islam)|61
NAM|1074|Native American|61
SHN|1046|Shinto|61
SIK|1047|Sikism|61
SPI|1048|Spiritualism|61`,
  "RepeatPattern": `Q<integer>S||every <integer> seconds|62
Q<integer>M||every <integer> minutes|62
Q<integer>H||every <integer> hours|62
Q<integer>D||every <integer> days|62
Q<integer>W||every <integer> weeks|62
Q<integer>L||every <integer> months (Lunar cycle)|62
Q<integer>J<day#>||repeats on a particular day of the week,|62
BID||BID|63
TID||TID|63
QID||QID|63
xID||"X" times per day at institution-specified times, where X is a numeral 5 or greater.|62
QAM||in the morning at institution-specified time|62
QSHIFT||during each of three eight-hour shifts at institution-specified times|62
QOD||QOD|63
QHS||every day before the hour of sleep|62
QPM||in the evening at institution-specified time|62
C||service is provided continuously between start time and stop time|62
"U <spec>"||for future use, where <spec> is an interval specification as defined by the UNIX cron specification.|62
PRN||given as needed|62
PRNxxx||where xxx is some frequency code|62
Once||one time only.|62
A||Ante (before)|62
P||Post (after)|62
I||Inter|62
M||Cibus Matutinus (breakfast)|62
D||Cibus Diurnus (lunch)|62
V||Cibus Vespertinus (dinner)|62`,
  "ResultStatus_Non-Queries": `O|registered|Registered|64
I|registered|Registered|64
S|registered|Registered|64
P|preliminary|Preliminary|64
C|corrected|Corrected|64
R|partial|Partial|64
F|final|Final|64
X|cancelled|Cancelled|64`,
  "RouteOfAdministration": `AP||Apply Externally|65
B||Buccal|65
DT||Dental|65
EP||Epidural|65
ET||Endotrachial Tube|65
GTT||Gastrostomy Tube|65
GU||GU Irrigant|65
IMR||Immerse (Soak) Body Part|65
IA||Intra-arterial|65
IB||Intrabursal|65
IC||Intracardiac|65
ICV||Intracervical (uterus)|65
ID|IDINJ|Injection, intradermal|66
IH||Inhalation|65
IHA||Intrahepatic Artery|65
IM||Injection, intramuscular|66
IN||Intranasal|65
IO||Intraocular|65
IP||Intraperitoneal|65
IS||Intrasynovial|65
IT||Intrathecal|65
IU||Intrauterine|65
IV|IVINJ|Injection, intravenous|66
MTH||Mouth/Throat|65
MM||Mucous Membrane|65
NS||Nasal|65
NG||Nasogastric|65
NP||Nasal Prongs|65
NT||Nasotrachial Tube|65
OP||Ophthalmic|65
OT||Otic|65
OTH||Other/Miscellaneous|65
PF||Perfusion|65
PO||Swallow, oral|66
PR||Rectal|65
RM||Rebreather Mask|65
SD||Soaked Dressing|65
SC|SQ|Injection, subcutaneous|66
SL||Sublingual|65
TP||Topical|65
TRA||Tracheostomy|65
TD|TRNSDERM|Transdermal|66
TL||Translingual|65
UR||Urethral|65
VG||Vaginal|65
VM||Ventimask|65
WND||Wound|65`,
  "SpecimenCollectionMethod": `FNA||Aspiration, Fine Needle|67
PNA||Arterial puncture|67
BIO|129314006|Biopsy - action|3
BCAE||Blood Culture, Aerobic Bottle|67
BCAN||Blood Culture, Anaerobic Bottle|67
BCPD||Blood Culture, Pediatric Bottle|67
CAP||Capillary Specimen|67
CATH||Catheterized|67
EPLA||Environmental, Plate|67
ESWA||Environmental, Swab|67
LNA||Line, Arterial|67
CVP||Line, CVP|67
LNV||Line, Venous|67
MARTL||Martin-Lewis Agar|67
ML11||Mod. Martin-Lewis Agar|67
PACE||Pace, Gen-Probe|67
PIN||Pinworm Prep|67
KOFFP||Plate, Cough|67
MLP||Plate, Martin-Lewis|67
NYP||Plate, New York City|67
TMP||Plate, Thayer-Martin|67
ANP||Plates, Anaerobic|67
BAP||Plates, Blood Agar|67
PRIME||Pump Prime|67
PUMP||Pump Specimen|67
QC5||Quality Control For Micro|67
SCLP||Scalp, Fetal Vein|67
SCRAPS|129323009|Scraping - action|3
SHA||Shaving|67
SWA||Swab|67
SWD||Swab, Dacron tipped|67
WOOD||Swab, Wooden Shaft|67
TMOT||Transport Media,|67
TMAN||Transport Media, Anaerobic|67
TMCH||Transport Media, Chalamydia|67
TMM4||Transport Media, M4|67
TMMY||Transport Media, Mycoplasma|67
TMPV||Transport Media, PVA|67
TMSC||Transport Media, Stool Culture|67
TMUP||Transport Media, Ureaplasma|67
TMVI||Transport Media, Viral|67
VENIP||Venipuncture|67`,
  "SpecimenCondition": `AUT||Autolyzed|68
CLOT||Clotted|68
CON||Contaminated|68
COOL||Cool|68
FROZ||Frozen|68
HEM||Hemolyzed|68
LIVE||Live|68
ROOM||Room temperature|68
SNR||Sample not received|68
CFU||Centrifuged|68`,
  "SpecimenRejectReason": `EX||Expired|69
QS||Quantity not sufficient|69
RB||Broken container|69
RC||Clotting|69
RD||Missing collection date|69
RA||Missing patient ID number|69
RE||Missing patient name|69
RH||Hemolysis|69
RI||Identification problem|69
RM||Labeling|69
RN||Contamination|69
RP||Missing phlebotomist ID|69
RR||Improper storage|69
RS||Name misspelling|69`,
  "SpecimenType": `ABS||Abscess|70
ACNE||Tissue, Acne|70
ACNFLD||Fluid, Acne|70
AIRS||Air Sample|70
ALL||Allograft|70
AMN||Amniotic fluid|70
AMP||Amputation|70
ANGI||Catheter Tip, Angio|70
ARTC||Catheter Tip, Arterial|70
ASERU||Serum, Acute|70
ASP||Aspirate|70
ATTE||Environment, Attest|70
AUTOA||Environmental, Autoclave Ampule|70
AUTOC||Environmental, Autoclave Capsule|70
AUTP||Autopsy|70
BBL||Blood bag|70
BCYST||Cyst, Baker's|70
BDY||Whole body|70
BIFL||Bile Fluid|70
BITE||Bite|70
BLD||Whole blood|70
BLDA||Blood arterial|70
BLDCO||Cord blood|70
BLDV||Blood venous|70
BLEB||Bleb|70
BLIST||Blister|70
BOIL||Boil|70
BON||Bone|70
BOWL||Bowel contents|70
BPH||Basophils|70
BPU||Blood product unit|70
BRN||Burn|70
BRSH||Brush|70
BRTH||Breath (use EXHLD)|70
BRUS||Brushing|70
BUB||Bubo|70
BULLA||Bulla/Bullae|70
BX||Biopsy|70
CALC||Calculus (=Stone)|70
CARBU||Carbuncle|70
CAT||Catheter|70
CBITE||Bite, Cat|70
CDM||Cardiac muscle|70
CLIPP||Clippings|70
CNJT||Conjunctiva|70
CNL||Cannula|70
COL||Colostrum|70
CONE||Biospy, Cone|70
CSCR||Scratch, Cat|70
CSERU||Serum, Convalescent|70
CSF||Cerebral spinal fluid|70
CSITE||Catheter Insertion Site|70
CSMY||Fluid, Cystostomy Tube|70
CST||Fluid, Cyst|70
CSVR||Blood, Cell Saver|70
CTP||Catheter tip|70
CUR||Curretage|70
CVM||Cervical Mucus|70
CVPS||Site, CVP|70
CVPT||Catheter Tip, CVP|70
CYN||Nodule, Cystic|70
CYST||Cyst|70
DBITE||Bite, Dog|70
DCS||Sputum, Deep Cough|70
DEC||Ulcer, Decubitus|70
DEION||Environmental, Water (Deionized)|70
DIA||Dialysate|70
DIAF||Dialysis Fluid|70
DISCHG||Discharge|70
DIV||Diverticulum|70
DRN||Drain|70
DRNG||Drainage, Tube|70
DRNGP||Drainage, Penrose|70
DUFL||Duodenal fluid|70
EARW||Ear wax (cerumen)|70
EBRUSH||Brush, Esophageal|70
EEYE||Environmental, Eye Wash|70
EFF||Environmental, Effluent|70
EFFUS||Effusion|70
EFOD||Environmental, Food|70
EISO||Environmental, Isolette|70
ELT||Electrode|70
ENVIR||Environmental, Unidentified Substance|70
EOS||Eosinophils|70
EOTH||Environmental, Other Substance|70
ESOI||Environmental, Soil|70
ESOS||Environmental, Solution (Sterile)|70
ETA||Aspirate, Endotrach|70
ETTP||Catheter Tip, Endotracheal|70
ETTUB||Tube, Endotracheal|70
EWHI||Environmental, Whirlpool|70
EXG||Gas, exhaled (=breath)|70
EXS||Shunt, External|70
EXUDTE||Exudate|70
FAW||Environmental, Water (Well)|70
FBLOOD||Blood, Fetal|70
FGA||Fluid, Abdomen|70
FIB||Fibroblasts|70
FIST||Fistula|70
FLD||Fluid, Other|70
FLT||Filter|70
FLU||Fluid, Body unsp|70
FLUID||Fluid|70
FOLEY||Catheter Tip, Foley|70
FRS||Fluid, Respiratory|70
FSCLP||Scalp, Fetal|70
FUR||Furuncle|70
GAS||Gas|70
GASA||Aspirate, Gastric|70
GASAN||Antrum, Gastric|70
GASBR||Brushing, Gastric|70
GASD||Drainage, Gastric|70
GAST||Fluid/contents, Gastric|70
GENL||Genital lochia|70
GENV||Genital vaginal|70
GRAFT||Graft|70
GRAFTS||Graft Site|70
GRANU||Granuloma|70
GROSH||Catheter, Groshong|70
GSOL||Solution, Gastrostomy|70
GSPEC||Biopsy, Gastric|70
GT||Tube, Gastric|70
GTUBE||Drainage Tube, Drainage (Gastrostomy)|70
HAR||Hair|70
HBITE||Bite, Human|70
HBLUD||Blood, Autopsy|70
HEMAQ||Catheter Tip, Hemaquit|70
HEMO||Catheter Tip, Hemovac|70
HERNI||Tissue, Herniated|70
HEV||Drain, Hemovac|70
HIC||Catheter, Hickman|70
HYDC||Fluid, Hydrocele|70
IBITE||Bite, Insect|70
ICYST||Cyst, Inclusion|70
IDC||Catheter Tip, Indwelling|70
IHG||Gas, Inhaled|70
ILEO||Drainage, Ileostomy|70
ILLEG||Source of Specimen Is Illegible|70
IMP||Implant|70
INCI||Site, Incision/Surgical|70
INFIL||Infiltrate|70
INS||Insect|70
INTRD||Catheter Tip, Introducer|70
ISLT||Isolate|70
IT||Intubation tube|70
IUD||Intrauterine Device|70
IVCAT||Catheter Tip, IV|70
IVFLD||Fluid, IV|70
IVTIP||Tubing Tip, IV|70
JEJU||Drainage, Jejunal|70
JNTFLD||Fluid, Joint|70
JP||Drainage, Jackson Pratt|70
KELOI||Lavage|70
KIDFLD||Fluid, Kidney|70
LAVG||Lavage, Bronhial|70
LAVGG||Lavage, Gastric|70
LAVGP||Lavage, Peritoneal|70
LAVPG||Lavage, Pre-Bronch|70
LENS1||Contact Lens|70
LENS2||Contact Lens Case|70
LESN||Lesion|70
LIQ||Liquid, Unspecified|70
LIQO||Liquid, Other|70
LNA||Line arterial|70
LNV||Line venous|70
LSAC||Fluid, Lumbar Sac|70
LYM||Lymphocytes|70
MAC||Macrophages|70
MAHUR||Catheter Tip, Makurkour|70
MAR||Marrow|70
MASS||Mass|70
MBLD||Blood, Menstrual|70
MEC||Meconium|70
MILK||Breast milk|70
MLK||Milk|70
MUCOS||Mucosa|70
MUCUS||Mucus|70
NAIL||Nail|70
NASDR||Drainage, Nasal|70
NEDL||Needle|70
NEPH||Site, Nephrostomy|70
NGASP||Aspirate, Nasogastric|70
NGAST||Drainage, Nasogastric|70
NGS||Site, Naso/Gastric|70
NODUL||Nodule(s)|70
NSECR||Secretion, Nasal|70
ORH||Other|70
ORL||Lesion, Oral|70
OTH||Source, Other|70
PACEM||Pacemaker|70
PAFL||Pancreatic fluid|70
PCFL||Fluid, Pericardial|70
PDSIT||Site, Peritoneal Dialysis|70
PDTS||Site, Peritoneal Dialysis Tunnel|70
PELVA||Abscess, Pelvic|70
PENIL||Lesion, Penile|70
PERIA||Abscess, Perianal|70
PILOC||Cyst, Pilonidal|70
PINS||Site, Pin|70
PIS||Site, Pacemaker Insetion|70
PLAN||Plant Material|70
PLAS||Plasma|70
PLB||Plasma bag|70
PLC||Placenta|70
PLEVS||Serum, Peak Level|70
PLR||Pleural fluid (thoracentesis fluid)|70
PMN||Polymorphonuclear neutrophils|70
PND||Drainage, Penile|70
POL||Polyps|70
POPGS||Graft Site, Popliteal|70
POPLG||Graft, Popliteal|70
POPLV||Site, Popliteal Vein|70
PORTA||Catheter, Porta|70
PPP||Plasma, Platelet poor|70
PROST||Prosthetic Device|70
PRP||Plasma, Platelet rich|70
PSC||Pseudocyst|70
PUNCT||Wound, Puncture|70
PUS||Pus|70
PUSFR||Pustule|70
PUST||Pus|70
QC3||Quality Control|70
RANDU||Urine, Random|70
RBC||Erythrocytes|70
RBITE||Bite, Reptile|70
RECT||Drainage, Rectal|70
RECTA||Abscess, Rectal|70
RENALC||Cyst, Renal|70
RENC||Fluid, Renal Cyst|70
RES||Respiratory|70
SAL||Saliva|70
SCAR||Tissue, Keloid (Scar)|70
SCLV||Catheter Tip, Subclavian|70
SCROA||Abscess, Scrotal|70
SECRE||Secretion(s)|70
SER||Serum|70
SHU||Site, Shunt|70
SHUNF||Fluid, Shunt|70
SHUNT||Shunt|70
SITE||Site|70
SKBP||Biopsy, Skin|70
SKN||Skin|70
SMM||Mass, Sub-Mandibular|70
SMN||Seminal fluid|70
SNV||Fluid, synovial (Joint fluid)|70
SPRM||Spermatozoa|70
SPRP||Catheter Tip, Suprapubic|70
SPRPB||Cathether Tip, Suprapubic|70
SPS||Environmental, Spore Strip|70
SPT||Sputum|70
SPTC||Sputum - coughed|70
SPTT||Sputum - tracheal aspirate|70
SPUT1||Sputum, Simulated|70
SPUTIN||Sputum, Inducted|70
SPUTSP||Sputum, Spontaneous|70
STER||Environmental, Sterrad|70
STL||Stool = Fecal|70
STONE||Stone, Kidney|70
SUBMA||Abscess, Submandibular|70
SUBMX||Abscess, Submaxillary|70
SUMP||Drainage, Sump|70
SUP||Suprapubic Tap|70
SUTUR||Suture|70
SWGZ||Catheter Tip, Swan Gantz|70
SWT||Sweat|70
TASP||Aspirate, Tracheal|70
TEAR||Tears|70
THRB||Thrombocyte (platelet)|70
TISS||Tissue|70
TISU||Tissue ulcer|70
TLC||Cathether Tip, Triple Lumen|70
TRAC||Site, Tracheostomy|70
TRANS||Transudate|70
TSERU||Serum, Trough|70
TSTES||Abscess, Testicular|70
TTRA||Aspirate, Transtracheal|70
TUBES||Tubes|70
TUMOR||Tumor|70
TZANC||Smear, Tzanck|70
UDENT||Source, Unidentified|70
UMED||Unknown Medicine|70
UR||Urine|70
URC||Urine clean catch|70
URINB||Urine, Bladder Washings|70
URINC||Urine, Catheterized|70
URINM||Urine, Midstream|70
URINN||Urine, Nephrostomy|70
URINP||Urine, Pedibag|70
URNS||Urine sediment|70
URT||Urine catheter|70
USCOP||Urine, Cystoscopy|70
USPEC||Source, Unspecified|70
USUB||Unkown substance|70
VASTIP||Catheter Tip, Vas|70
VENT||Catheter Tip, Ventricular|70
VITF||Vitreous Fluid|70
VOM||Vomitus|70
WASH||Wash|70
WASI||Washing, e.g. bronchial washing|70
WAT||Water|70
WB||Blood, Whole|70
WBC||Leukocytes|70
WEN||Wen|70
WICK||Wick|70
WND||Wound|70
WNDA||Wound abscess|70
WNDD||Wound drainage|70
WNDE||Wound exudate|70
WORM||Worm|70
WRT||Wart|70
WWA||Environmental, Water|70
WWO||Environmental, Water (Ocean)|70
WWT||Environmental, Water (Tap)|70`,
  "TelecommunicationEquipmentType": `PH|phone|Phone|71
FX|fax|Fax|71
MD|other|Other|71
CP|mobile|Mobile|72
SAT|other|Other|71
BP|pager|Pager|71
Internet|email|email|71
X.400|email|email|71
TDD|other|Other|71
TTY|other|Other|71`,
  "TelecommunicationUseCode": `PRN|home|Home|72
WPN|work|Work|72
PRS|mobile|Mobile|72`,
  "UniversalIDType": `DNS||Domain Name System|73
EUI64||IEEE 64-bit Extended Unique Identifier|73
CLIA||Clinical Laboratory Improvement Amendments|73
CLIP||Clinical laboratory Improvement Program|73
GUID||globally unique identifier|73
HCD||CEN Healthcare Coding Identifier|73
HL7||HL7 registration schemes|73
ISO||ISO Object Identifier|73
L,M,N||Local|73
Random||Random|73
URI||Uniform Resource Identifier|73
UUID||Universal Unique Identifier|73
x400||X.400 MHS identifier|73
x500||X500 directory Name|73`,
  "VisitUserCode": `TE||Teaching|74
HO||Home|74
MO||Mobile Unit|74
PH||Phone|74`,
  "YesNoIndicator": `Y|true||75
N|false||75`,
  "YesNoIndicator_AvailabilityStatus": `Y|available|Available|76
N|unavailable|Unavailable|76`,
};
