/** The command line, called in process, and its launcher, called as users call it. */
@NullMarked
package dev.tilewright.cli;

import org.jspecify.annotations.NullMarked;
