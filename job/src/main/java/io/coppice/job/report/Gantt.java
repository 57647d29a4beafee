package io.coppice.job.report;

import static io.coppice.job.report.Values.number;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.storage.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Stages and tasks of a timeline as bars over time: tasks that an executor ran at once lie in lanes
 * one below the other.
 */
record Gantt(JsonNode timeline) {

  private record Bar(double begin, double end, JsonNode task) {}

  /** The numbers of a task's blocks. */
  static String blocks(JsonNode task) {
    return StreamSupport.stream(task.path("blocks").spliterator(), false)
        .map(JsonNode::asText)
        .collect(Collectors.joining("–"));
  }

  /** Times are in seconds since the run began. */
  ObjectNode data() {
    ObjectNode data = Json.object();
    ArrayNode lanes = data.putArray("lanes");
    ArrayNode stages = data.putArray("stages");
    int depth = 0;
    for (JsonNode stage : timeline.path("stages")) {
      Bar bar = bar(stage);
      depth = Math.max(depth, stage.path("depth").asInt());
      put(bar, stages.addObject())
          .put("lane", stage.path("depth").asInt())
          .put("name", Values.text(stage, "name"));
    }
    for (int i = 0; i <= depth; i++) {
      lanes.add(i == 0 ? "stages" : "");
    }
    ArrayNode tasks = data.putArray("tasks");
    byExecutor().forEach((executor, bars) -> putLanes(executor, bars, lanes, tasks));
    return data;
  }

  private Bar bar(JsonNode node) {
    long origin = Values.millis(timeline, "begun").orElse(0);
    double begin = (Values.millis(node, "begun").orElse(origin) - origin) / 1e3;
    double seconds = number(node, "seconds");
    return new Bar(begin, begin + (Double.isNaN(seconds) ? 0 : seconds), node);
  }

  private Map<String, List<Bar>> byExecutor() {
    return StreamSupport.stream(timeline.path("tasks").spliterator(), false)
        .map(this::bar)
        .sorted(Comparator.comparingDouble(Bar::begin))
        .collect(
            Collectors.groupingBy(
                bar -> Values.text(bar.task(), "executor"),
                () ->
                    new TreeMap<>(
                        Comparator.comparingInt(String::length)
                            .thenComparing(Comparator.naturalOrder())),
                Collectors.toList()));
  }

  private static void putLanes(String executor, List<Bar> bars, ArrayNode lanes, ArrayNode tasks) {
    List<Double> free = new ArrayList<>();
    int first = lanes.size();
    for (Bar bar : bars) {
      int lane = 0;
      while (lane < free.size() && free.get(lane) > bar.begin()) {
        lane++;
      }
      if (lane == free.size()) {
        free.add(0.0);
        lanes.add(lane == 0 ? executor : "");
      }
      free.set(lane, bar.end());
      put(bar, tasks.addObject())
          .put("lane", first + lane)
          .put("blocks", blocks(bar.task()))
          .put("what", Values.text(bar.task(), "what"))
          .put("level", Values.text(bar.task(), "level"))
          .put("wave", bar.task().path("wave").asInt());
    }
  }

  private static ObjectNode put(Bar bar, ObjectNode node) {
    return node.put("begin", bar.begin()).put("end", bar.end());
  }
}
