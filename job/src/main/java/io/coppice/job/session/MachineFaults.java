package io.coppice.job.session;

import io.coppice.failure.Words;
import io.coppice.natives.NativeFolder;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Things that a machine may lack, recognised by the messages of Java, Spark and Hadoop. */
final class MachineFaults {
  private static final List<Fault> FAULTS =
      List.of(
          new Fault(
              "UnsatisfiedLinkError: (\\S+\\.so\\S*?):? |FAILED_TO_LOAD_NATIVE_LIBRARY()",
              "A native library did not load%s; " + NativeFolder.REMEDY),
          new Fault(
              "Invalid Spark URL: \\S*@(\\S+?):\\d",
              "Spark cannot use this machine's name%s, which may have letters, digits and hyphens only; set the environment variable SPARK_LOCAL_HOSTNAME to another name or to the address, localhost for a run on this machine alone"),
          new Fault(
              "UnknownHostException: ([^\\s:]+)",
              "The name%s cannot be resolved; if it is this machine's, set the environment variables SPARK_LOCAL_IP to its address and SPARK_LOCAL_HOSTNAME to a name that resolves (127.0.0.1 and localhost for a run on this machine alone), else put the address right"),
          new Fault(
              "(?:No space left on device|Disk quota exceeded)()",
              "There is no room left on a disk of driver or executors%s; make room where java.io.tmpdir and spark.local.dir are, or give other folders, and start the same command again"));

  private MachineFaults() {}

  /**
   * A thing that is missing.
   *
   * @param pattern matches the message; its group is the thing that is missing
   * @param sentence for the user, with a place for that thing
   */
  private record Fault(Pattern pattern, String sentence) {
    Fault(String pattern, String sentence) {
      this(Pattern.compile(pattern), sentence);
    }

    Optional<String> in(String text) {
      Matcher words = pattern.matcher(text);
      return words.find()
          ? Optional.of(sentence.formatted(about(words.group(1))))
          : Optional.empty();
    }

    private static String about(String name) {
      return name == null || name.isEmpty() ? "" : " (" + Words.line(name) + ")";
    }
  }

  /** The sentence for the user, if a failure's class name and message are known. */
  static Optional<String> sentence(String words) {
    return FAULTS.stream().flatMap(fault -> fault.in(words).stream()).findFirst();
  }
}
