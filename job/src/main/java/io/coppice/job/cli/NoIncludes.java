package io.coppice.job.cli;

import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import java.io.File;
import java.net.URL;

/**
 * Refuses every {@code include}, be it of a file, a URL or a resource.
 *
 * @param file that includes, for messages
 */
record NoIncludes(String file)
    implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {

  @Override
  public ConfigIncluder withFallback(ConfigIncluder fallback) {
    return this;
  }

  @Override
  public ConfigObject include(ConfigIncludeContext context, String what) {
    throw refused(what);
  }

  @Override
  public ConfigObject includeFile(ConfigIncludeContext context, File what) {
    throw refused(what.toString());
  }

  @Override
  public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
    throw refused(what.toString());
  }

  @Override
  public ConfigObject includeResources(ConfigIncludeContext context, String what) {
    throw refused(what);
  }

  private UsageException refused(String what) {
    return new UsageException(
        "The configuration file %s includes %s; write all keys into one file"
            .formatted(file, Words.quote(what)));
  }
}
