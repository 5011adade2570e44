"""Mail: every e-mail is a row, written with its cause, and sent by the records worker.

models        the outbox: a mail for each recipient, and the letters that they get
services      queue a mail; no page and no command waits for the mail server
addresses     to which addresses we can send
letters       the text and the HTML of a mail, from the same parts
sealing       letters hold links that open accounts, so they are encrypted until they are sent, and then deleted
sender        sends what is due, one try at a time
unsubscribing the signed links with which a person stops a kind of mail
"""
