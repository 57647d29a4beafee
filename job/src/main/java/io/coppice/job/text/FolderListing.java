package io.coppice.job.text;

import io.coppice.failure.UsageException;
import io.coppice.storage.Storage;
import java.io.File;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.security.AccessControlException;

/**
 * Lists folders of one file system.
 *
 * @param leftOut receives the files that are not taken
 */
record FolderListing(FileSystem system, LeftOut leftOut) {
  /** Whether files of that name are left out unless they are named. */
  static boolean isHidden(String name) {
    return name.startsWith("_") || name.startsWith(".");
  }

  /**
   * Everything directly in a folder, in the order of names.
   *
   * @throws UsageException if it cannot be listed, or a link to a text leads nowhere
   */
  List<FileStatus> children(Path folder) {
    try {
      List<FileStatus> children = Storage.list(system, folder);
      if (system instanceof RawLocalFileSystem local) {
        noteBrokenLinks(local.pathToFile(folder), folder, children);
      }
      return children;
    } catch (AccessControlException | AccessDeniedException e) {
      throw new UsageException(
          "The folder %s may not be listed; give yourself the right to read it".formatted(folder),
          e);
    } catch (IOException e) {
      throw Storage.cannot("list", folder, e);
    }
  }

  /** Java's listing leaves out a link whose target is not there. */
  private void noteBrokenLinks(File local, Path folder, List<FileStatus> children) {
    Set<String> listed =
        children.stream().map(child -> child.getPath().getName()).collect(Collectors.toSet());
    String[] names = local.list();
    Stream.of(names == null ? new String[0] : names)
        .filter(name -> !listed.contains(name))
        .filter(name -> Files.isSymbolicLink(new File(local, name).toPath()))
        .sorted()
        .forEach(
            name -> {
              Path link = Storage.child(folder, name);
              if (!isHidden(name) && TextFormat.of(name).isPresent()) {
                throw new UsageException(
                    "%s is a link to a file that is not there; mend it or remove it"
                        .formatted(link));
              }
              leftOut.add(link, "a link to nothing");
            });
  }

  /** All text files in a folder and below it, except hidden ones. */
  void texts(FileStatus folder, Consumer<ListedFile> texts) {
    texts(folder, List.of(), texts);
  }

  private void texts(FileStatus folder, List<String> around, Consumer<ListedFile> texts) {
    String identity = identity(folder.getPath());
    if (around.contains(identity)) {
      leftOut.add(folder.getPath(), "a link to a folder around it");
      return;
    }
    List<String> inside = new ArrayList<>(around);
    inside.add(identity);
    for (FileStatus child : children(folder.getPath())) {
      if (isHidden(child.getPath().getName())) {
        leftOut.addHidden(child.getPath());
      } else if (child.isDirectory()) {
        texts(child, inside, texts);
      } else {
        text(child, texts);
      }
    }
  }

  /** A file, if it is a text. */
  void text(FileStatus file, Consumer<ListedFile> texts) {
    ListedFile.of(file)
        .ifPresentOrElse(
            texts, () -> leftOut.add(file.getPath(), "the ending of its name is no text's"));
  }

  /** The same for all paths of a folder, even if one leads through links. */
  private String identity(Path folder) {
    try {
      return system instanceof RawLocalFileSystem local
          ? local.pathToFile(folder).toPath().toRealPath().toString()
          : folder.toString();
    } catch (IOException e) {
      throw Storage.cannot("look at", folder, e);
    }
  }
}
