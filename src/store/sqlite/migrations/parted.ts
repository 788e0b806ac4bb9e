/** Lanes that keys were unlinked from: what still stands there comes first, also where no delivery stands for the unlink. */
export const PARTED = `
CREATE TABLE lane_parted (retired TEXT, survivor TEXT, PRIMARY KEY (retired, survivor)) STRICT, WITHOUT ROWID;
`;
