/** How busy an hour is, compared with the mean of the day; the twenty-four add up to 24. */
export type HourlyProfile = readonly number[];

/** Desks that keep office hours: bookings, registration. */
export const officeHours: HourlyProfile = profile([
  0, 0, 0, 0, 0, 0, 0.5, 2, 5, 6, 6, 5, 4, 5, 5, 5, 4, 2, 0.7, 0.3, 0.2, 0.1, 0, 0,
]);
/** People fall ill at any hour, mostly by day. */
export const allDay: HourlyProfile = profile([
  2, 1.6, 1.4, 1.2, 1.2, 1.4, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6, 5.5, 5.5, 5, 5, 4.5, 4, 3.2, 2.6,
]);
/** Wards send people home after the round. */
export const dischargeHours: HourlyProfile = profile([
  0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.6, 2, 5, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0.6, 0.4, 0.3, 0.2,
]);
/** Blood is drawn before the round, and through the day. */
export const laboratoryHours: HourlyProfile = profile([
  1, 1, 1, 2, 4, 7, 8, 6, 5, 5, 5, 4, 4, 4, 4, 4, 3, 3, 2, 2, 2, 2, 1, 1,
]);

function profile(weights: readonly number[]): HourlyProfile {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (weight * 24) / sum);
}

/** So many a day, at an hour of a profile. */
export function daily(count: number, hours: HourlyProfile, hour: number): number {
  return (count / 24) * (hours[hour] as number);
}

/** Appointments that a population makes in a day: about four a year for each person, on working days. */
export function appointmentsADay(patients: number): number {
  return Math.max(4, (patients * 4) / 260);
}
