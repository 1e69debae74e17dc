package dev.tilewright.kernel;

import java.util.List;

/** Independent tasks as one: its parts are theirs, in order. */
final class Joined implements Task {
  private final Task[] tasks;
  private final int parts;

  Joined(List<Task> tasks) {
    this.tasks = tasks.toArray(Task[]::new);
    this.parts = tasks.stream().mapToInt(Task::parts).reduce(0, Math::addExact);
  }

  @Override
  public int parts() {
    return parts;
  }

  @Override
  public void run(int from, int to, int worker) {
    int first = 0;
    for (Task task : tasks) {
      int begin = Math.max(from - first, 0);
      int end = Math.min(to - first, task.parts());
      if (begin < end) {
        task.run(begin, end, worker);
      }
      first += task.parts();
    }
  }
}
