/** What was measured on which machine, in files that can be shipped and merged. */
@NullMarked
package dev.tilewright.database;

import org.jspecify.annotations.NullMarked;
