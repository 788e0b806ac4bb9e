export { CASE_FORMAT, type Case, type CaseSettings, type Expectation, readCase, readCases } from './case.ts';
export { answersOf, type CaseDifference, compare, expectationText } from './compare.ts';
export { type Masked, maskCase } from './mask/index.ts';
export {
  type Answers,
  messageOf,
  type Played,
  type PlayedCall,
  type PlayRequest,
  play,
  type Withheld,
} from './play.ts';
export { withheldFields } from './withheld.ts';
