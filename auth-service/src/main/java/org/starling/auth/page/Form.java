package org.starling.auth.page;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a form is sent to. If something was wrong with it, the page that has the form is shown again, and says so there. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Form {

    /** Pattern of the page's path, with the variables of the form's. */
    String on();
}
