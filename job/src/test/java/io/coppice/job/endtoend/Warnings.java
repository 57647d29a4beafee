package io.coppice.job.endtoend;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/** Collects the warnings that a class logs while this is open. */
public final class Warnings implements AutoCloseable {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final LoggerContext context = (LoggerContext) LogManager.getContext(false);
  private final String name;

  private Warnings(String name) {
    this.name = name;
  }

  public static Warnings of(Class<?> type) {
    return of(type.getName());
  }

  /** The warnings of a class by its name, which need not be public. */
  static Warnings of(String type) {
    Warnings warnings = new Warnings(type);
    LoggerConfig config = new LoggerConfig(warnings.name, Level.WARN, false);
    Kept appender = new Kept(warnings.lines);
    appender.start();
    config.addAppender(appender, Level.WARN, null);
    warnings.context.getConfiguration().addLogger(warnings.name, config);
    warnings.context.updateLoggers();
    return warnings;
  }

  public List<String> lines() {
    return List.copyOf(lines);
  }

  @Override
  public void close() {
    context.getConfiguration().removeLogger(name);
    context.updateLoggers();
  }

  private static final class Kept extends AbstractAppender {
    private final List<String> lines;

    Kept(List<String> lines) {
      super("warnings", null, null, true, Property.EMPTY_ARRAY);
      this.lines = lines;
    }

    @Override
    public void append(LogEvent event) {
      lines.add(event.getMessage().getFormattedMessage());
    }
  }
}
