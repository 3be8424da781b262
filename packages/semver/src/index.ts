export { type Constraint, parseConstraint, satisfies } from './constraint.ts';
export { SemverError, type SemverErrorCode } from './errors.ts';
export {
  comparePrereleases,
  compareVersions,
  formatVersion,
  parseTag,
  parseVersion,
  sortDescending,
  type Version,
  type VersionNumber,
} from './version.ts';
