package io.coppice.job.work;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;

/**
 * The holder of a claim.
 *
 * @param run a name that no other run has
 * @param host the machine that its driver runs on
 * @param processes the processes that the driver's process number counts among: containers on one
 *     host have their own
 * @param process the driver's number
 * @param started start of that process, in milliseconds since 1970; numbers are used again
 * @param renewals of the claim so far
 */
record Claimant(
    String run, String host, String processes, long process, long started, long renewals) {
  private static final Path PROCESSES = Path.of("/proc/self/ns/pid");

  /** A new run of this process. */
  static Claimant here() {
    ProcessHandle own = ProcessHandle.current();
    return new Claimant(
        UUID.randomUUID().toString(), hostName(), processesHere(), own.pid(), started(own), 0);
  }

  Claimant renewed() {
    return new Claimant(run, host, processes, process, started, renewals + 1);
  }

  boolean isSameRun(Claimant other) {
    return run.equals(other.run);
  }

  /** Whether this process can tell if the other one lives. */
  boolean isBeside(Claimant other) {
    return host.equals(other.host) && processes.equals(other.processes);
  }

  /** Whether the process lives; asked beside it. */
  boolean isAlive() {
    return ProcessHandle.of(process)
        .filter(ProcessHandle::isAlive)
        .filter(found -> started(found) == started)
        .isPresent();
  }

  private static long started(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "an unnamed host";
    }
  }

  private static String processesHere() {
    try {
      return Files.readSymbolicLink(PROCESSES).toString();
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  @Override
  public String toString() {
    return "process %d on %s".formatted(process, host);
  }
}
