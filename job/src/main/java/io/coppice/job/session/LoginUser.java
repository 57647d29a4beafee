package io.coppice.job.session;

import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * The user that Hadoop takes this process for, even if the machine has no name for that user, as in
 * containers that run under an arbitrary user id.
 */
public final class LoginUser {
  private static final String NAMELESS = "?";
  private static final String STAND_IN = "nobody";

  private LoginUser() {}

  /**
   * Gives a nameless user a name: {@code HADOOP_USER_NAME} or {@code SPARK_USER}, else "nobody".
   * Hadoop would ask the machine for it, and fail.
   */
  public static void ensure() {
    if (System.getProperty("user.name").equals(NAMELESS)
        && !UserGroupInformation.isSecurityEnabled()) {
      String name =
          Stream.of("HADOOP_USER_NAME", "SPARK_USER")
              .flatMap(variable -> Optional.ofNullable(System.getenv(variable)).stream())
              .findFirst()
              .orElse(STAND_IN);
      UserGroupInformation.setLoginUser(UserGroupInformation.createRemoteUser(name));
    }
  }
}
