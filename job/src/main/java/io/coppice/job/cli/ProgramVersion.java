package io.coppice.job.cli;

/** The program's version. */
public final class ProgramVersion {
  private ProgramVersion() {}

  /** The version in the jar's manifest. */
  public static String text() {
    String version = ProgramVersion.class.getPackage().getImplementationVersion();
    return version == null ? "(unpackaged)" : version;
  }
}
