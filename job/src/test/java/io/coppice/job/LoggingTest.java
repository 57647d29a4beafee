package io.coppice.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.core.layout.PatternLayout;
import org.apache.logging.log4j.message.SimpleMessage;
import org.apache.logging.log4j.util.SortedArrayStringMap;
import org.junit.jupiter.api.Test;

/** The log lines of a driver that deploy/coppice starts. */
class LoggingTest {
  @Test
  void linesSayRunAndBlockWhereThereAreAny() throws IOException {
    assertThat(line(Map.of())).matches("\\d\\d:\\d\\d:\\d\\d told\n");
    assertThat(line(Map.of("run", "local-1"))).endsWith(" [local-1] told\n");
    assertThat(line(Map.of("run", "local-1", "block", "3"))).endsWith(" [local-1 block 3] told\n");
  }

  private static String line(Map<String, String> context) throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Files.newInputStream(Path.of("../deploy/log4j2.properties"))) {
      properties.load(in);
    }
    SortedArrayStringMap data = new SortedArrayStringMap();
    context.forEach(data::putValue);
    return PatternLayout.newBuilder()
        .withPattern(properties.getProperty("appender.console.layout.pattern"))
        .build()
        .toSerializable(
            Log4jLogEvent.newBuilder()
                .setLevel(Level.INFO)
                .setMessage(new SimpleMessage("told"))
                .setContextData(data)
                .build());
  }
}
