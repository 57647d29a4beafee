package io.coppice.job.report;

import static io.coppice.job.report.Values.number;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.job.record.RunRecord;
import io.coppice.job.report.DataTable.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** When stages and tasks ran, where, and in how much memory. */
final class TimeSection {
  private final RunRecord run;
  private final JsonNode timeline;

  TimeSection(RunRecord run) {
    this.run = run;
    timeline = run.details().timeline();
  }

  Section section() {
    List<DataTable> tables = new ArrayList<>();
    tables.addAll(stages().ifAny());
    tables.addAll(executors().ifAny());
    tables.addAll(tasks().ifAny());
    tables.addAll(blocks().ifAny());
    return new Section("time", "Time and memory", text(), charts(), tables);
  }

  private List<Chart> charts() {
    return timeline.path("stages").isEmpty()
        ? List.of()
        : List.of(
            new Chart(
                "chart-time",
                "timeline",
                "The run from left to right: its stages above, and below them for each executor the tasks that worked on"
                    + " blocks",
                new Gantt(timeline).data()));
  }

  private List<String> text() {
    List<String> text = new ArrayList<>();
    if (timeline.isMissingNode()) {
      text.add("The record of this run does not hold the times of its stages and tasks.");
      return text;
    }
    text.add(
        "Stages of the run, and tasks that pruned or trained blocks, by the executor that they ran on; a task's number is its"
            + " block's.");
    String earlier =
        StreamSupport.stream(timeline.path("taken_over").spliterator(), false)
            .map(
                taken ->
                    "%d of %d %s"
                        .formatted(
                            taken.path("done").asInt(),
                            taken.path("of").asInt(),
                            Values.text(taken, "what")))
            .collect(Collectors.joining(", "));
    if (!earlier.isEmpty()) {
      text.add(
          "From an earlier start, so that their tasks are not shown here: %s.".formatted(earlier));
    }
    return text;
  }

  private DataTable stages() {
    List<Column> columns =
        List.of(
            new Column("stage", "Stage", Format.TEXT),
            new Column("begun", "Begun (UTC)", Format.TIME),
            new Column("seconds", "Took", Format.SECONDS),
            new Column("driver_heap_peak_bytes", "Driver's heap until then, peak", Format.BYTES),
            new Column(
                "driver_resident_peak_bytes", "Driver's memory until then, peak", Format.BYTES),
            new Column("off_heap_peak_bytes", "Largest task, off-heap", Format.BYTES));
    List<List<Object>> rows = new ArrayList<>();
    for (JsonNode stage : timeline.path("stages")) {
      rows.add(
          List.of(
              Values.text(stage, "name"),
              time(stage),
              number(stage, "seconds"),
              number(stage, "heap_peak_bytes"),
              number(stage, "resident_peak_bytes"),
              largestTask(stage)));
    }
    return new DataTable("stages", "Time and memory of each stage", columns, rows)
        .withoutEmptyColumns();
  }

  private static Object time(JsonNode node) {
    OptionalLong begun = Values.millis(node, "begun");
    return begun.isPresent() ? (Object) begun.getAsLong() : (Object) Double.NaN;
  }

  /** Bytes of the task that took most, of those that ended during a stage. */
  private double largestTask(JsonNode stage) {
    long begun = Values.millis(stage, "begun").orElse(0);
    double ended = begun + 1e3 * number(stage, "seconds");
    return StreamSupport.stream(timeline.path("tasks").spliterator(), false)
        .filter(
            task -> {
              double end = Values.millis(task, "begun").orElse(0) + 1e3 * number(task, "seconds");
              return end >= begun && end <= ended;
            })
        .mapToDouble(task -> number(task, "off_heap_peak_bytes"))
        .max()
        .orElse(Double.NaN);
  }

  private DataTable executors() {
    List<List<Object>> rows = new ArrayList<>();
    for (JsonNode executor : timeline.path("executors")) {
      rows.add(
          List.of(
              Values.text(executor, "executor"),
              Values.text(executor, "host"),
              number(executor, "cores"),
              number(executor, "heap_peak_bytes"),
              number(executor, "resident_peak_bytes")));
    }
    return new DataTable(
            "executors",
            "Executors that worked on blocks",
            List.of(
                new Column("executor", "Executor", Format.TEXT),
                new Column("host", "Host", Format.TEXT),
                new Column("cores", "Cores of the host", Format.WHOLE),
                new Column("heap_peak_bytes", "Heap, peak", Format.BYTES),
                new Column("resident_peak_bytes", "Memory in all, peak", Format.BYTES)),
            rows)
        .withoutEmptyColumns();
  }

  private DataTable tasks() {
    List<List<Object>> rows = new ArrayList<>();
    for (JsonNode task : timeline.path("tasks")) {
      rows.add(
          List.of(
              Gantt.blocks(task),
              Values.text(task, "what"),
              Values.text(task, "level"),
              number(task, "wave"),
              Values.text(task, "executor"),
              time(task),
              number(task, "seconds"),
              number(task, "off_heap_peak_bytes")));
    }
    return new DataTable(
        "tasks",
        "Tasks on blocks",
        List.of(
            new Column("blocks", "Blocks", Format.TEXT),
            new Column("what", "Work", Format.TEXT),
            new Column("level", "Level", Format.TEXT),
            new Column("wave", "Wave", Format.WHOLE),
            new Column("executor", "Executor", Format.TEXT),
            new Column("begun", "Begun (UTC)", Format.TIME),
            new Column("seconds", "Took", Format.SECONDS),
            new Column("off_heap_peak_bytes", "Off-heap, peak", Format.BYTES)),
        rows);
  }

  /** Times that blocks took, which the record has of an earlier start too. */
  private DataTable blocks() {
    List<List<Object>> rows = new ArrayList<>();
    for (JsonNode line : run.blocks()) {
      rows.add(
          List.of(
              line.path("block").asInt(),
              Values.text(line, "level"),
              line.path("wave").asInt(),
              number(line, "seconds"),
              number(line, "seconds_waiting")));
    }
    return new DataTable(
        "blocks",
        "Time of each block, whenever it was done",
        List.of(
            new Column("block", "Block", Format.WHOLE),
            new Column("level", "Level", Format.TEXT),
            new Column("wave", "Wave", Format.WHOLE),
            new Column("seconds", "Took", Format.SECONDS),
            new Column("seconds_waiting", "Of it waiting for activations", Format.SECONDS)),
        rows);
  }
}
