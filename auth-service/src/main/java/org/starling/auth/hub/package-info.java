/** The Hugging Face Hub as this service needs it: whom does a user access token stand for? */
@NullMarked
package org.starling.auth.hub;

import org.jspecify.annotations.NullMarked;
