/** Who may read what is written into out/, as it stands in devices.yml. */
export interface RawOut {
  /** As `chmod` has it. */
  readonly mode: '0600' | '0640' | '0644';
}

/** The mode as a number; undefined where nobody says anything, and only their owner may read the files. */
export const outMode = (raw: RawOut | undefined): number | undefined => raw && Number.parseInt(raw.mode, 8);
