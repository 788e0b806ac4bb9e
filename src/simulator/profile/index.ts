/** How one hospital differs from another: switches as plain data, and named sets of them. */
export {
  type Behaviour,
  type DescribedSwitch,
  describeBehaviour,
  NoSuchBehaviour,
  readBehaviour,
  readTyped,
  type SwitchName,
  switches,
  switchGroups,
} from './behaviour.ts';
export { behaviourOf, isProfile, type ProfileName, profileNames, profiles, Switchboard } from './profiles.ts';
