/** What every executable piece of work looks like, whoever wrote it. */
@NullMarked
package dev.tilewright.kernel;

import org.jspecify.annotations.NullMarked;
