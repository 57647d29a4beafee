package io.coppice.job.cli;

/** The program's version. */
public final class ProgramVersion {
  private ProgramVersion() {}

  /** As the jar says it. */
  public static String text() {
    String version = ProgramVersion.class.getPackage().getImplementationVersion();
    return version == null ? "(unpackaged)" : version;
  }
}
