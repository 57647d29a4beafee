package io.coppice.job.processes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A real Chromium without a window, driven by its own chromedriver over the W3C's WebDriver. */
public final class Browser implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> FLAGS =
      List.of(
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync");

  private final HttpClient client = HttpClient.newHttpClient();
  private final ChildProcess driver;
  private final String address;
  private final String session;

  private Browser(ChildProcess driver, int port, Path profile) {
    this.driver = driver;
    address = "http://127.0.0.1:" + port;
    driver.await("it listens", () -> call("GET", "/status", Map.of()).path("ready").asBoolean());
    List<String> arguments =
        Stream.concat(FLAGS.stream(), Stream.of("--user-data-dir=" + profile)).toList();
    session =
        "/session/"
            + post(
                    "/session",
                    Map.of(
                        "capabilities",
                        Map.of(
                            "alwaysMatch",
                            Map.of(
                                "goog:chromeOptions", Map.of("args", arguments),
                                "goog:loggingPrefs", Map.of("browser", "ALL")))))
                .required("sessionId")
                .textValue();
  }

  /** Whether this machine has one. */
  public static boolean isInstalled() {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "chromedriver")));
  }

  /**
   * Starts it.
   *
   * @param folder for its log and a profile of its own
   */
  public static Browser start(Path folder) {
    int port = freePort();
    return new Browser(
        ChildProcess.start(
            folder.resolve("chromedriver.log"),
            Map.of(),
            List.of("chromedriver", "--port=" + port)),
        port,
        folder.resolve("profile"));
  }

  /**
   * Opens a file.
   *
   * @param scheme {@code light} or {@code dark}
   * @param width of the window, in CSS pixels
   */
  public void open(Path file, String scheme, int width) {
    command(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    command(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 844, "deviceScaleFactor", 1, "mobile", width < 500));
    post(session + "/url", Map.of("url", file.toUri().toString()));
  }

  /** The value of an expression of JavaScript in the page. */
  public JsonNode value(String expression) {
    return post(
        session + "/execute/sync", Map.of("script", "return " + expression, "args", List.of()));
  }

  /** All that the console was told since this was asked last. */
  public JsonNode console() {
    return post(session + "/se/log", Map.of("type", "browser"));
  }

  private void command(String name, Map<String, Object> parameters) {
    post(session + "/goog/cdp/execute", Map.of("cmd", name, "params", parameters));
  }

  private JsonNode post(String path, Map<String, Object> body) {
    JsonNode value = call("POST", path, body);
    if (value.has("error")) {
      throw new AssertionError(path + ": " + value);
    }
    return value;
  }

  private JsonNode call(String method, String path, Map<String, Object> body) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(address + path))
              .timeout(PATIENCE)
              .header("Content-Type", "application/json")
              .method(
                  method,
                  method.equals("GET")
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
              .build();
      return JSON.readTree(client.send(request, HttpResponse.BodyHandlers.ofString()).body())
          .path("value");
    } catch (java.net.ConnectException e) {
      return JSON.missingNode();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it. */
  @Override
  public void close() {
    call("DELETE", session, Map.of());
    driver.close();
  }
}
