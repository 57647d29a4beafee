package io.coppice.job.progress;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.storage.Json;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Remembers when stages and tasks began and ended, for the record of the run, and passes every
 * event on. Lives on the driver.
 */
public final class RunTimeline implements Progress {
  private final Progress progress;
  private final Clock clock;
  private final Instant begun;
  private final Deque<Instant> open = new ArrayDeque<>();
  private final List<Stage> stages = new ArrayList<>();
  private final List<TaskRun> tasks = new ArrayList<>();
  private final List<ProgressEvent.TakenOver> takenOver = new ArrayList<>();

  /** Begins now. */
  public RunTimeline(Progress progress, Clock clock) {
    this.progress = progress;
    this.clock = clock;
    begun = clock.instant();
  }

  /**
   * A stage that is over.
   *
   * @param depth number of stages that it is a part of
   * @param memory of the driver at its end
   */
  private record Stage(
      String name, int depth, Instant begun, Instant ended, ProcessMemory memory) {}

  @Override
  public synchronized void report(ProgressEvent event) {
    if (event instanceof ProgressEvent.StageStarted) {
      open.push(clock.instant());
    } else if (event instanceof ProgressEvent.StageFinished finished && !open.isEmpty()) {
      Instant started = open.pop();
      stages.add(
          new Stage(finished.stage(), open.size(), started, clock.instant(), ProcessMemory.now()));
    } else if (event instanceof ProgressEvent.TaskFinished finished) {
      tasks.add(finished.task());
    } else if (event instanceof ProgressEvent.TakenOver taken) {
      takenOver.add(taken);
    }
    progress.report(event);
  }

  /** Everything up to now, as conf/FORMATS.md describes {@code timeline.json}. */
  public synchronized ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("begun", begun.toString());
    json.put("ended", clock.instant().toString());
    ArrayNode stageNodes = json.putArray("stages");
    stages.stream()
        .sorted((a, b) -> a.begun().compareTo(b.begun()))
        .forEach(stage -> put(stage, stageNodes.addObject()));
    ArrayNode executors = json.putArray("executors");
    places().forEach((place, memory) -> put(place, memory, executors.addObject()));
    ArrayNode taskNodes = json.putArray("tasks");
    tasks.forEach(task -> put(task, taskNodes.addObject()));
    ArrayNode earlier = json.putArray("taken_over");
    takenOver.forEach(
        taken ->
            earlier
                .addObject()
                .put("what", taken.what())
                .put("done", taken.done())
                .put("of", taken.of()));
    return json;
  }

  private Map<String, List<TaskRun>> places() {
    Map<String, List<TaskRun>> places = new TreeMap<>();
    tasks.forEach(
        task ->
            places
                .computeIfAbsent(task.place().executor(), executor -> new ArrayList<>())
                .add(task));
    return places;
  }

  private static void put(Stage stage, ObjectNode node) {
    node.put("name", stage.name());
    node.put("depth", stage.depth());
    node.put("begun", stage.begun().toString());
    node.put("seconds", seconds(Duration.between(stage.begun(), stage.ended()).toMillis()));
    put(stage.memory(), node);
  }

  private static void put(String executor, List<TaskRun> tasks, ObjectNode node) {
    TaskRun.Place place = tasks.get(0).place();
    node.put("executor", executor);
    node.put("host", place.host());
    node.put("cores", place.cores());
    put(
        new ProcessMemory(
            tasks.stream().mapToLong(task -> task.memory().process().heap()).max().orElse(0),
            tasks.stream().mapToLong(task -> task.memory().process().resident()).max().orElse(0)),
        node);
  }

  private static void put(TaskRun task, ObjectNode node) {
    node.put("what", task.work().what());
    node.put("level", task.work().level());
    node.put("wave", task.work().wave());
    ArrayNode blocks = node.putArray("blocks");
    task.work().blocks().forEach(blocks::add);
    node.put("executor", task.place().executor());
    node.put("begun", Instant.ofEpochMilli(task.begun()).toString());
    node.put("seconds", seconds(task.ended() - task.begun()));
    node.put("off_heap_peak_bytes", task.memory().offHeap());
    put(task.memory().process(), node);
  }

  private static void put(ProcessMemory memory, ObjectNode node) {
    node.put("heap_peak_bytes", memory.heap());
    if (memory.resident() > 0) {
      node.put("resident_peak_bytes", memory.resident());
    } else {
      node.putNull("resident_peak_bytes");
    }
  }

  private static double seconds(long millis) {
    return millis / 1e3;
  }

  @Override
  public void close() {
    progress.close();
  }
}
