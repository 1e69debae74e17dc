package dev.tilewright.op;

import dev.tilewright.kernel.Task;
import java.util.List;

/** Tasks one after the other, each behind the one before it, by one thread. */
final class Sequential implements Task {
  private final Task[] tasks;

  Sequential(List<Task> tasks) {
    this.tasks = tasks.toArray(Task[]::new);
  }

  @Override
  public int parts() {
    return 1;
  }

  @Override
  public void run(int from, int to, int worker) {
    for (Task task : tasks) {
      task.run(0, task.parts(), worker);
    }
  }
}
